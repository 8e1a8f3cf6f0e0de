/** Rows of a matrix by number, differentiable on every backend. */
import { runOne } from "../kernelSpec";
import { gatherRowsKernel } from "../specs/rows";
import type { Tensor } from "../tensor";
import { dispose, integerTensor } from "../tensor";
import { expectIndices, expectShape } from "./shape";

/** y [m, d] = x [n, d] at these rows (repeats allowed); gradient to x. */
export function gatherRows(x: Tensor, rows: readonly number[] | Int32Array): Tensor {
  const [rowCount = 0] = expectShape("gatherRows", "x", x, ["n", "d"]);
  expectIndices("gatherRows", "rows", rows, rowCount);
  const rowTensor = integerTensor(rows);
  const y = runOne(gatherRowsKernel, { x, rows: rowTensor }, { rowCount });
  dispose(rowTensor);
  return y;
}
