/** Linear maps: frozen weights, row tables, and plain matrices. */
import { invariant } from "../../lib/errors";
import { runOne } from "../kernelSpec";
import { linearKernel, lookupKernel } from "../specs/linear";
import { matmulKernel } from "../specs/matmul";
import type { Tensor } from "../tensor";
import { dispose, integerTensor, scalar, tidy } from "../tensor";
import type { LinearWeight, RowTable } from "../weights";
import { add, concat } from "./elementwise";
import { expectIndices, expectShape, show } from "./shape";

/** y [n, out] = x [n, in] W + bias [out]. Gradients to x and bias; W is frozen. */
export function linear(x: Tensor, weight: LinearWeight, bias?: Tensor): Tensor {
  const { inFeatures, outFeatures, layout } = weight;
  expectShape("linear", "x", x, ["n", inFeatures]);
  if (bias) expectShape("linear", "bias", bias, [outFeatures]);
  const absent = bias ? undefined : scalar(0);
  const y = runOne(
    linearKernel,
    { x, weight: weight.tensor, bias: (bias ?? absent) as Tensor },
    { inFeatures, outFeatures, layout, hasBias: bias !== undefined },
  );
  dispose(absent);
  return y;
}

/** y [m, n] = a [m, k] b [k, n], differentiable in both. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  // Batched and half-broadcast products are silently wrong in tfjs (platform.md 1.3, traps 1 and 2): matrices only.
  invariant(
    a.shape.length === 2 && b.shape.length === 2 && a.shape[1] === b.shape[0],
    `matmul: needs matrices [m, k] and [k, n], got ${show(a.shape)} and ${show(b.shape)}`,
  );
  return runOne(matmulKernel, { a, b }, { transposeA: false, transposeB: false });
}

/** y [n, columns]: the table's rows of these ids. Not differentiable (the table is frozen). */
export function lookup(table: RowTable, ids: Int32Array): Tensor {
  expectIndices("lookup", "ids", ids, table.rows);
  return tidy(() => {
    const idTensor = integerTensor(ids);
    const parts = chunksOf(table, ids).map(({ tensor, inFeatures, outFeatures, layout, firstRow }) =>
      runOne(lookupKernel, { ids: idTensor, weight: tensor }, { inFeatures, outFeatures, layout, firstRow }),
    );
    return parts.reduce((total, part) => add(total, part));
  });
}

/** The chunks that hold any of these ids; the first one when there are none. */
function chunksOf(table: RowTable, ids: Int32Array): RowTable["chunks"] {
  const needed = table.chunks.filter(({ firstRow, outFeatures }) =>
    ids.some((id) => id >= firstRow && id < firstRow + outFeatures),
  );
  return needed.length > 0 ? needed : table.chunks.slice(0, 1);
}

/** y [n, rows] = x [n, columns] Eᵀ: the unembedding. Gradient to x. */
export function project(x: Tensor, table: RowTable): Tensor {
  expectShape("project", "x", x, ["n", table.columns]);
  const [only] = table.chunks;
  invariant(only, "project: the table has no rows");
  if (table.chunks.length === 1) return linear(x, only);
  return tidy(() =>
    concat(
      table.chunks.map((chunk) => linear(x, chunk)),
      1,
    ),
  );
}
