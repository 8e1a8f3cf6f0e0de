/** Softmax and its logarithm over the last axis, and their gradient from the output. */
import { rowKernel, sumAlongRow } from "./rowwise";
import type { RowSharing } from "./rowwise";
import type { WgslKernel } from "./program";

/** The lowest finite float: where a maximum starts, since WGSL need not know infinities. */
const LOWEST = "-3.4028234e38";

/** WGSL that defines `largest` and `total`, so that softmax is exp(x - largest) / total. */
export function sumOfExponentials(x: string): string {
  return `
  var lanesLargest = ${LOWEST};
  for (var i = first; i < width; i = i + stride) { lanesLargest = max(lanesLargest, ${x}[at + i]); }
  let largest = maxOverRow(lane, lanesLargest);
  ${sumAlongRow("total", `exp(${x}[at + i] - largest)`)}`;
}

type RowsOf = { shape: readonly number[]; isSoftware: boolean; sharing?: RowSharing | undefined };

/** Rows and width of a tensor whose last axis is the row. */
export function rowsOf(shape: readonly number[]): { rows: number; width: number } {
  const width = shape[shape.length - 1] as number;
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  return { rows, width };
}

export function softmaxForward({ shape, isSoftware, sharing }: RowsOf, log: boolean): WgslKernel {
  const value = log ? "x[at + i] - largest - log(total)" : "exp(x[at + i] - largest) / total";
  const body = `${sumOfExponentials("x")}
  for (var i = first; i < width; i = i + stride) { result[at + i] = ${value}; }`;
  const kernel = { name: log ? "logSoftmax" : "softmax", inputs: [{ name: "x" }], outputShape: shape, body };
  return rowKernel({ ...kernel, ...rowsOf(shape) }, isSoftware, sharing);
}

/** softmax: y (dy - sum dy y); logarithm: dy - exp(y) sum dy. */
export function softmaxGradient({ shape, isSoftware, sharing }: RowsOf, log: boolean): WgslKernel {
  const weighted = log ? "dy[at + i]" : "dy[at + i] * y[at + i]";
  const value = log ? "dy[at + i] - exp(y[at + i]) * total" : "y[at + i] * (dy[at + i] - total)";
  const body = `${sumAlongRow("total", weighted)}
  for (var i = first; i < width; i = i + stride) { result[at + i] = ${value}; }`;
  const kernel = { name: log ? "logSoftmaxGradient" : "softmaxGradient", outputShape: shape, body };
  return rowKernel(
    { ...kernel, inputs: [{ name: "dy" }, { name: "y" }], ...rowsOf(shape) },
    isSoftware,
    sharing,
  );
}
