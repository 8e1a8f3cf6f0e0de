/**
 * The product of two plain matrices, either of them transposed: 4 × 4 sums per invocation, odd edges read clamped and
 * left unwritten. For trainable matrices; frozen weights have the faster kernels of linear.ts.
 */
import type { WgslKernel } from "./program";
import { unroll, writtenOnce } from "./text";

const TILE = 4;

type MatmulSize = { rows: number; inner: number; columns: number; transposeA: boolean; transposeB: boolean };

export function matmul({ rows, inner, columns, transposeA, transposeB }: MatmulSize): WgslKernel {
  const tileColumns = Math.ceil(columns / TILE);
  const tiles = Math.ceil(rows / TILE) * tileColumns;
  return {
    name: "matmul",
    inputs: [{ name: "a" }, { name: "b" }],
    outputShape: [rows, columns],
    invocations: tiles,
    workgroupSize: 64,
    uniforms: {
      rows: { i32: rows },
      inner: { i32: inner },
      columns: { i32: columns },
      tileColumns: { i32: tileColumns },
      tiles: { i32: tiles },
    },
    code: matmulText(transposeA, transposeB),
  };
}

const matmulText = writtenOnce((transposeA: boolean, transposeB: boolean) => {
  const a = (r: number) =>
    transposeA ? `a[k * uniforms.rows + row${r}]` : `a[row${r} * uniforms.inner + k]`;
  const b = (c: number) =>
    transposeB ? `b[column${c} * uniforms.inner + k]` : `b[k * uniforms.columns + column${c}]`;
  return `
fn write(row : i32, column : i32, sum : f32) {
  if (row < uniforms.rows && column < uniforms.columns) { result[row * uniforms.columns + column] = sum; }
}
fn main(tile : i32) {
  if (tile >= uniforms.tiles) { return; }
  let firstRow = (tile / uniforms.tileColumns) * ${TILE};
  let firstColumn = (tile % uniforms.tileColumns) * ${TILE};
  ${unroll(TILE, (r) => `let row${r} = min(firstRow + ${r}, uniforms.rows - 1);`)}
  ${unroll(TILE, (c) => `let column${c} = min(firstColumn + ${c}, uniforms.columns - 1);`)}
  ${unroll(TILE, (r) => `var sum${r} = vec4<f32>(0.0);`)}
  for (var k = 0; k < uniforms.inner; k = k + 1) {
    let right = vec4<f32>(${[0, 1, 2, 3].map(b).join(", ")});
    ${unroll(TILE, (r) => `sum${r} = fma(vec4<f32>(${a(r)}), right, sum${r});`)}
  }
  ${unroll(TILE, (r) => unroll(TILE, (c) => `write(firstRow + ${r}, firstColumn + ${c}, sum${r}[${c}]);`))}
}`;
});
