/** Picking rows of a matrix, with the gradient that tfjs's wasm backend lacks (platform.md 1.2). */
import { defineKernel, runOne } from "../kernelSpec";
import * as reference from "../reference/rows";

/** y [rowCount, d]: the rows of dy [m, d] added at `rows` (int32 [m]; may repeat), zeros elsewhere. */
export const scatterRowsKernel = defineKernel<"dy" | "rows", { readonly rowCount: number }>({
  name: "PalimpsestScatterRows",
  inputs: ["dy", "rows"],
  outputShapes: ({ dy }, { rowCount }) => [[rowCount, dy[1] as number]],
  reference: ({ dy, rows }, { rowCount }) => [
    reference.scatterRows(dy.values, rows.values, dy.shape[1] as number, rowCount),
  ],
});

/** y [m, d] = x[rows]; `rowCount` repeats x's row count so that the gradient need not keep x alive. */
export const gatherRowsKernel = defineKernel<"x" | "rows", { readonly rowCount: number }>({
  name: "PalimpsestGatherRows",
  inputs: ["x", "rows"],
  outputShapes: ({ x, rows }) => [[rows[0] as number, x[1] as number]],
  reference: ({ x, rows }) => [reference.gatherRows(x.values, rows.values, x.shape[1] as number)],
  gradient: {
    save: ["rows"],
    of: (dy, { rows }, { rowCount }) => ({ x: () => runOne(scatterRowsKernel, { dy, rows }, { rowCount }) }),
  },
});
