/** Kernels whose invocations each make one number of the output from its index alone. */
import type { WgslKernel } from "./program";

type ElementKernel = {
  name: string;
  inputs: readonly string[];
  outputShape: readonly number[];
  uniforms?: WgslKernel["uniforms"];
  /** WGSL functions used by `value`. */
  functions?: string;
  /** WGSL statements that end in `return` of the output's number at `index`. */
  value: string;
};

/** Builds the kernel; `uniforms.count` is the size of the output. */
export function elementKernel({
  name,
  inputs,
  outputShape,
  uniforms,
  functions,
  value,
}: ElementKernel): WgslKernel {
  const count = outputShape.reduce((product, extent) => product * extent, 1);
  return {
    name,
    inputs: inputs.map((input) => ({ name: input })),
    outputShape,
    invocations: count,
    workgroupSize: 64,
    uniforms: { ...uniforms, count: { i32: count } },
    code: `
${functions ?? ""}
fn valueAt(index : i32) -> f32 {
  ${value}
}
fn main(index : i32) {
  if (index < uniforms.count) { result[index] = valueAt(index); }
}`,
  };
}
