/** The product of two plain matrices, differentiable in both. */
import { defineKernel, runOne } from "../kernelSpec";
import type { KernelSpec } from "../kernelSpec";
import * as reference from "../reference/linear";

type MatmulAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

function sizeOf(a: readonly number[], b: readonly number[], { transposeA, transposeB }: MatmulAttributes) {
  return {
    rows: a[transposeA ? 1 : 0] as number,
    inner: a[transposeA ? 0 : 1] as number,
    columns: b[transposeB ? 0 : 1] as number,
  };
}

/** y [m, n] = op(a) op(b); a is [m, k] or, transposed, [k, m]; b is [k, n] or, transposed, [n, k]. */
export const matmulKernel: KernelSpec<"a" | "b", MatmulAttributes> = defineKernel({
  name: "PalimpsestMatmul",
  inputs: ["a", "b"],
  outputShapes: ({ a, b }, attrs) => {
    const { rows, columns } = sizeOf(a, b, attrs);
    return [[rows, columns]];
  },
  reference: ({ a, b }, attrs) => [
    reference.matmul(a.values, b.values, sizeOf(a.shape, b.shape, attrs), attrs.transposeA, attrs.transposeB),
  ],
  gradient: {
    save: ["a", "b"],
    of: (dy, { a, b }, { transposeA, transposeB }) => ({
      a: () =>
        transposeA
          ? runOne(matmulKernel, { a: b, b: dy }, { transposeA: transposeB, transposeB: true })
          : runOne(matmulKernel, { a: dy, b }, { transposeA: false, transposeB: !transposeB }),
      b: () =>
        transposeB
          ? runOne(matmulKernel, { a: dy, b: a }, { transposeA: true, transposeB: transposeA })
          : runOne(matmulKernel, { a, b: dy }, { transposeA: !transposeA, transposeB: false }),
    }),
  },
});
