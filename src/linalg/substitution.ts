/**
 * Small triangles: T yᵀ = xᵀ for many rows x, where T [size, size] is one block of a factor. Through WebAssembly, many rows side
 * by side, or row by row in plain loops; both give the same bits.
 */
import type { Rows } from "./rowProductTiles";
import { substitutionKernels, substituteWithKernels } from "./wasm/substitutionKernel";

/** Rows from which on copying to the kernels' memory pays. */
const ENOUGH = 8;

/** A lower triangle [size, size], row-major and by itself; what lies above its diagonal is not read. */
export type Triangle = { size: number; values: Float64Array };

/** The block of L [n, n] that begins at row and column `first`. */
export function triangleAt(lower: Float64Array, n: number, first: number, size: number): Triangle {
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const from = (first + i) * n + first;
    values.set(lower.subarray(from, from + i + 1), i * size);
  }
  return { size, values };
}

/** The same block of Lᵀ with rows and columns in reverse, which makes a lower triangle of it. */
export function reversedTriangleAt(lower: Float64Array, n: number, first: number, size: number): Triangle {
  const values = new Float64Array(size * size);
  const last = first + size - 1;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k <= i; k++) values[i * size + k] = lower[(last - k) * n + last - i]!;
  }
  return { size, values };
}

/**
 * Overwrites `count` rows x of `size` numbers with T⁻¹x. With `step` −1 a row is read and written backwards from its place, as a
 * reversed triangle needs it.
 */
export function substituteRows(triangle: Triangle, rows: Rows, count: number, step: 1 | -1 = 1): void {
  const kernels = count < ENOUGH ? undefined : substitutionKernels(triangle.size);
  if (kernels) substituteWithKernels(kernels, triangle, rows, count, step);
  else substitutePlainly(triangle, rows, count, step);
}

/** As `substituteRows`: the slow twin. */
export function substitutePlainly(
  { size, values: t }: Triangle,
  { values: x, from, stride }: Rows,
  count: number,
  step: 1 | -1,
): void {
  for (let row = 0; row < count; row++) {
    const start = from + row * stride;
    for (let i = 0; i < size; i++) {
      let sum = x[start + step * i]!;
      for (let k = 0; k < i; k++) sum -= t[i * size + k]! * x[start + step * k]!;
      x[start + step * i] = sum / t[i * size + i]!;
    }
  }
}
