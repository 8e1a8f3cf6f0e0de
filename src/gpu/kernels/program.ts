/**
 * The only place that builds tfjs WebGPU programs: a kernel is data (its WGSL text and its uniforms), and the key of
 * its compiled pipeline is its text, so no constant baked into a shader can be forgotten in a hand-written key.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { webgpu_util } from "@tensorflow/tfjs-backend-webgpu";
import { invariant } from "../../lib/errors";
import type { GuardedWebGpuBackend } from "../webgpuBackend";

type WebGpuProgram = Parameters<GuardedWebGpuBackend["runWebGPUProgram"]>[0];

export type WgslKernel = {
  /** Shows in pipeline labels and keys. */
  name: string;
  /**
   * Names of the inputs' storage arrays, each of which `code` must read: WebGPU drops an unread binding from the
   * pipeline's layout and then refuses it. `vec4` reads four neighbours at once (the buffer must be a
   * multiple of 4).
   */
  inputs: readonly { name: string; vec4?: boolean }[];
  outputShape: readonly number[];
  /** The output array's elements are vec4s; its size must be a multiple of 4. */
  outputVec4?: boolean;
  /** Invocations wanted; whole workgroups are added up to `workgroupSize`, so `main` must guard its index. */
  invocations: number;
  workgroupSize: number;
  /** i32 or f32 constants of one call, read as `uniforms.<name>`. */
  uniforms: Readonly<Record<string, { i32: number } | { f32: number }>>;
  /** WGSL that defines `fn main(index : i32)` and writes `result[...]`. */
  code: string;
};

export type NamedInputs = Readonly<Record<string, TensorInfo>>;

/** Runs `kernel` on those of `named` that it reads; writes into `output` or a new tensor, and gives it back. */
export function runWgsl(
  backend: GuardedWebGpuBackend,
  kernel: WgslKernel,
  named: NamedInputs,
  output: TensorInfo = backend.makeTensorInfo([...kernel.outputShape], "float32"),
): TensorInfo {
  const inputs = kernel.inputs.map(({ name }) => {
    const input = named[name];
    invariant(input, `${kernel.name}: no input ${name}`);
    return { ...input, shape: [sizeOf(input.shape)] };
  });
  invariant(
    kernel.invocations < 2 ** 31,
    `${kernel.name}: ${kernel.invocations} invocations overflow an i32 index`,
  );
  const values = Object.values(kernel.uniforms).map((value) =>
    "i32" in value ? { type: "int32", data: [value.i32] } : { type: "float32", data: [value.f32] },
  );
  // tfjs compiles a text anew for every pattern of ranks, equal shapes and broadcast axes. Our texts read flat arrays:
  // inputs [n] and an output [m, 1] are the same pattern always.
  const column = [sizeOf(output.shape), 1];
  backend.runWebGPUProgram(createProgram(kernel, column), inputs, "float32", values, {
    ...output,
    shape: column,
  });
  return output;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Equal texts have equal numbers, different ones different: a short name for a text, without a hash to collide. */
const textNumbers = new Map<string, number>();

function numberOf(text: string): number {
  const known = textNumbers.get(text);
  if (known !== undefined) return known;
  textNumbers.set(text, textNumbers.size);
  return textNumbers.size - 1;
}

function createProgram(kernel: WgslKernel, outputShape: number[]): WebGpuProgram {
  const uniforms = Object.entries(kernel.uniforms)
    .map(([name, value]) => `${name} : ${"i32" in value ? "i32" : "f32"}`)
    .join(", ");
  const variableComponents = kernel.inputs.map((input) => (input.vec4 ? 4 : 1));
  const types = `${variableComponents.join("")}${kernel.outputVec4 ? 4 : 1}`;
  return {
    shaderKey: `${kernel.name}:${numberOf(kernel.code)}:${types}:${uniforms}`,
    variableNames: kernel.inputs.map((input) => input.name),
    variableComponents,
    outputComponent: kernel.outputVec4 ? 4 : 1,
    outputShape,
    workgroupSize: [kernel.workgroupSize, 1, 1],
    // A flat layout lets tfjs fold more than 65,535 workgroups into y and z; `getGlobalIndex` unfolds them.
    dispatchLayout: webgpu_util.flatDispatchLayout(outputShape),
    dispatch: [Math.ceil(kernel.invocations / kernel.workgroupSize), 1, 1],
    uniforms,
    getUserCode: () => kernel.code,
  };
}
