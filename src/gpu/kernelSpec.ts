/**
 * What a kernel of ours is, independent of any device: its name, inputs, output shapes, gradient and the slow twin
 * that defines its result. One spec is implemented three times: by its twin (on "cpu", and on "wasm" where no faster
 * form exists), by AssemblyScript (gpu/wasm) and by WGSL (gpu/kernels). This is the only file that casts between our
 * types and tfjs's untyped registry.
 */
import { engine, registerGradient } from "@tensorflow/tfjs-core";
import type { NamedAttrMap, NamedTensorMap, Tensor } from "@tensorflow/tfjs-core";

export type Attributes = { readonly [name: string]: number | string | boolean };

/** A dense row-major array, as the slow twins read it. */
export type NdArray = { readonly shape: readonly number[]; readonly values: Float32Array | Int32Array };

export interface KernelGradient<Input extends string, A extends Attributes> {
  /** Inputs the gradient reads. */
  readonly save: readonly Input[];
  /** Whether the gradient reads the kernel's output too. */
  readonly saveOutput?: boolean;
  /** One thunk per differentiable input; frozen inputs have none. `dy` has the shape of the output. */
  of(
    dy: Tensor,
    saved: Readonly<Record<Input, Tensor>> & { readonly output: Tensor },
    attrs: A,
  ): Partial<Record<Input, () => Tensor>>;
}

export interface KernelSpec<Input extends string = string, A extends Attributes = Attributes> {
  /** The name under which every backend registers it. */
  readonly name: string;
  readonly inputs: readonly Input[];
  outputShapes(shapes: Readonly<Record<Input, readonly number[]>>, attrs: A): number[][];
  /** The slow, obvious twin: the definition of the result. One array per output shape. */
  reference(inputs: Readonly<Record<Input, NdArray>>, attrs: A): Float32Array[];
  /** Absent for kernels that are never differentiated (gradients of others, lookups). */
  readonly gradient?: KernelGradient<Input, A>;
}

/** Checks nothing; gives a spec literal its types. */
export function defineKernel<Input extends string, A extends Attributes>(
  spec: KernelSpec<Input, A>,
): KernelSpec<Input, A> {
  return spec;
}

/** Runs a kernel on the active backend and records it on the tape. Returns its outputs, owned by the caller. */
export function run<Input extends string, A extends Attributes>(
  spec: KernelSpec<Input, A>,
  inputs: Readonly<Record<Input, Tensor>>,
  attrs: A,
): Tensor[] {
  const outputs: unknown = engine().runKernel(
    spec.name,
    inputs as unknown as NamedTensorMap,
    attrs as unknown as NamedAttrMap,
  );
  return (Array.isArray(outputs) ? outputs : [outputs]) as Tensor[];
}

/** `run` for kernels with one output. */
export function runOne<Input extends string, A extends Attributes>(
  spec: KernelSpec<Input, A>,
  inputs: Readonly<Record<Input, Tensor>>,
  attrs: A,
): Tensor {
  return run(spec, inputs, attrs)[0] as Tensor;
}

/** Registers the gradients of these kernels with tfjs; call once per process. */
export function registerGradients(specs: readonly KernelSpec[]): void {
  for (const spec of specs) {
    const gradient = spec.gradient;
    if (!gradient) continue;
    registerGradient({
      kernelName: spec.name,
      inputsToSave: [...gradient.save],
      ...(gradient.saveOutput ? { outputsToSave: [true] } : {}),
      gradFunc: (dy, saved, attrs) => {
        const named = Object.fromEntries(gradient.save.map((name, index) => [name, saved[index] as Tensor]));
        const output = saved[gradient.save.length] as Tensor;
        const dyOne = (Array.isArray(dy) ? dy[0] : dy) as Tensor;
        return gradient.of(dyOne, { ...named, output }, attrs as Attributes) as Record<string, () => Tensor>;
      },
    });
  }
}
