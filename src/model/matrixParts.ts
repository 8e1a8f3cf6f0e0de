/** Brings a stored matrix or bias into the engine's form: one projection, [in, out] row-major. */
import type { MatrixPlace } from "./families/family";

type PartSize = { inWidth: number; outWidth: number; headDim: number };

/** [in, out] of one projection from the stored tensor's values. */
export function toInOut(
  values: Float32Array<ArrayBuffer>,
  { stored, fused }: MatrixPlace,
  size: PartSize,
): Float32Array<ArrayBuffer> {
  const { inWidth, outWidth } = size;
  if (stored === "outIn") {
    const rows = fused === undefined ? values : cutRows(values, fused, size);
    return transpose(rows, outWidth, inWidth);
  }
  return fused === undefined ? values : cutColumns(values, fused.part * outWidth, 3 * outWidth, size);
}

/** The bias that belongs to one projection. */
export function biasPart(
  values: Float32Array<ArrayBuffer>,
  { fused }: MatrixPlace,
  outWidth: number,
  headDim: number,
): Float32Array<ArrayBuffer> {
  return fused === undefined ? values : cutRows(values, fused, { inWidth: 1, outWidth, headDim });
}

/** Output rows of one part: contiguous thirds, or [head][part][headDim]. */
function cutRows(
  values: Float32Array<ArrayBuffer>,
  { part, order }: NonNullable<MatrixPlace["fused"]>,
  { inWidth, outWidth, headDim }: PartSize,
): Float32Array<ArrayBuffer> {
  const run = (order === "thirds" ? outWidth : headDim) * inWidth;
  const cut = new Float32Array(outWidth * inWidth);
  for (let start = 0, from = part * run; start < cut.length; start += run, from += 3 * run) {
    cut.set(values.subarray(from, from + run), start);
  }
  return cut;
}

function cutColumns(
  values: Float32Array<ArrayBuffer>,
  firstColumn: number,
  columns: number,
  { inWidth, outWidth }: PartSize,
): Float32Array<ArrayBuffer> {
  const cut = new Float32Array(inWidth * outWidth);
  for (let row = 0; row < inWidth; row++) {
    const from = row * columns + firstColumn;
    cut.set(values.subarray(from, from + outWidth), row * outWidth);
  }
  return cut;
}

const TILE = 32;

/** [rows, columns] to [columns, rows], in tiles that stay in the cache. */
function transpose(
  values: Float32Array<ArrayBuffer>,
  rows: number,
  columns: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          result[column * rows + row] = values[row * columns + column]!;
        }
      }
    }
  }
  return result;
}
