/** Runs a kernel case on the active backend and measures how far it is from its twin. */
import { invariant } from "../../lib/errors";
import { run } from "../kernelSpec";
import type { NdArray } from "../kernelSpec";
import { dispose, integerTensor, memory, read, tensor } from "../tensor";
import type { Tensor } from "../tensor";
import type { KernelCase } from "./kernelCases";

export interface KernelCheck {
  /** max |a - b| / max(1, max |b|) over all outputs; NaN or a wrong shape gives Infinity. */
  readonly error: number;
  readonly tolerance: number;
  /** Tensors left alive by the kernel. */
  readonly leaked: number;
}

export const DEFAULT_TOLERANCE = 2e-6;

export async function checkKernel(kernelCase: KernelCase): Promise<KernelCheck> {
  const { spec, inputs, attrs, tolerance = DEFAULT_TOLERANCE } = kernelCase;
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.shape]));
  const expectedShapes = spec.outputShapes(shapes, attrs);
  const expected = spec.reference(inputs, attrs);
  const before = memory().tensors;
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, upload(input)]));
  const outputs = run(spec, tensors, attrs);
  invariant(
    outputs.length === expected.length,
    `${spec.name}: ${outputs.length} outputs, expected ${expected.length}`,
  );
  let error = 0;
  for (const [i, output] of outputs.entries()) {
    const sameShape = output.shape.join() === (expectedShapes[i] as number[]).join();
    error = Math.max(error, sameShape ? distance(await read(output), expected[i] as Float32Array) : Infinity);
  }
  dispose(...outputs, ...Object.values(tensors));
  return { error, tolerance, leaked: memory().tensors - before };
}

function upload({ shape, values }: NdArray): Tensor {
  return values instanceof Int32Array ? integerTensor(values) : tensor(values, shape);
}

/** max |a - b| / max(1, max |b|), with NaN counted as infinitely far. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let largest = 1;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
    largest = Math.max(largest, Math.abs(b[i] as number));
  }
  return worst / largest;
}
