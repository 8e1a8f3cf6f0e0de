/** Cuts one projection, or its bias, out of what a checkpoint stores: fused query-key-value tensors hold three. */
import type { MatrixPlace } from "./families/family";

type Values = Float32Array<ArrayBuffer>;
type PartSize = { inWidth: number; outWidth: number; headDim: number };

/** One projection's values in the orientation in which they are stored. */
export function matrixPart(values: Values, { stored, fused }: MatrixPlace, size: PartSize): Values {
  if (fused === undefined) return values;
  return stored === "outIn" ? cutRows(values, fused, size) : cutColumns(values, fused.part, size);
}

/** The bias that belongs to one projection. */
export function biasPart(values: Values, { fused }: MatrixPlace, outWidth: number, headDim: number): Values {
  return fused === undefined ? values : cutRows(values, fused, { inWidth: 1, outWidth, headDim });
}

/** Output rows of one part: contiguous thirds, or [head][part][headDim]. */
function cutRows(
  values: Values,
  { part, order }: NonNullable<MatrixPlace["fused"]>,
  { inWidth, outWidth, headDim }: PartSize,
): Values {
  const run = (order === "thirds" ? outWidth : headDim) * inWidth;
  const cut = new Float32Array(outWidth * inWidth);
  for (let start = 0, from = part * run; start < cut.length; start += run, from += 3 * run) {
    cut.set(values.subarray(from, from + run), start);
  }
  return cut;
}

/** Columns of one third, row by row. */
function cutColumns(values: Values, part: number, { inWidth, outWidth }: PartSize): Values {
  const cut = new Float32Array(inWidth * outWidth);
  for (let row = 0; row < inWidth; row++) {
    const from = (3 * row + part) * outWidth;
    cut.set(values.subarray(from, from + outWidth), row * outWidth);
  }
  return cut;
}
