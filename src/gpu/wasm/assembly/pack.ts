/** Copying matrices into panels of 8 columns: [ceil(columns / 8)][rows][8], padded with zeros. */
import { loadUpTo4 } from "./simd";

/**
 * A row-major block [rows, columns] whose rows lie `rowBytes` apart. Panels start `panelBytes` apart: more than
 * 32 * rows leaves room for rows of another block.
 */
export function packRows(
  from: usize, rowBytes: usize, rows: i32, columns: i32, to: usize, panelBytes: usize,
): void {
  for (let column = 0; column < columns; column += 8) {
    const count = columns - column;
    let source = from + (<usize>column << 2);
    let target = to;
    if (count >= 8) {
      for (let row = 0; row < rows; row++) {
        v128.store(target, v128.load(source));
        v128.store(target, v128.load(source, 16), 16);
        source += rowBytes;
        target += 32;
      }
    } else {
      for (let row = 0; row < rows; row++) {
        v128.store(target, loadUpTo4(source, count, 0));
        v128.store(target, count > 4 ? loadUpTo4(source + 16, count - 4, 0) : f32x4.splat(0), 16);
        source += rowBytes;
        target += 32;
      }
    }
    to += panelBytes;
  }
}

/**
 * The transpose of 4 rows of 4, stored with `stride` bytes between its rows. The four sources may lie anywhere.
 */
// @ts-ignore: decorator
@inline
export function storeTransposed4(r0: v128, r1: v128, r2: v128, r3: v128, to: usize, stride: usize): void {
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  v128.store(to + stride, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
  v128.store(to + 2 * stride, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
  v128.store(to + 3 * stride, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
}

/**
 * The transpose of a row-major block [columns, rows] (its rows `rowBytes` apart): source row c becomes column
 * `firstColumn + c` of panels [rows][8] that start at `to`. Padding is left as it is.
 */
export function packTransposed(
  from: usize, rowBytes: usize, columns: i32, rows: i32, to: usize, firstColumn: i32,
): void {
  const panelBytes = (<usize>rows) << 5;
  let c = 0;
  while (c < columns) {
    const column = firstColumn + c;
    const panel = to + (<usize>(column >> 3)) * panelBytes + ((<usize>(column & 7)) << 2);
    const source = from + (<usize>c) * rowBytes;
    let row = 0;
    if ((column & 3) == 0 && c + 4 <= columns) {
      for (; row + 4 <= rows; row += 4) {
        const at = source + ((<usize>row) << 2);
        storeTransposed4(
          v128.load(at), v128.load(at + rowBytes), v128.load(at + 2 * rowBytes), v128.load(at + 3 * rowBytes),
          panel + ((<usize>row) << 5), 32,
        );
      }
      for (; row < rows; row++) {
        const at = source + ((<usize>row) << 2);
        const target = panel + ((<usize>row) << 5);
        store<f32>(target, load<f32>(at));
        store<f32>(target, load<f32>(at + rowBytes), 4);
        store<f32>(target, load<f32>(at + 2 * rowBytes), 8);
        store<f32>(target, load<f32>(at + 3 * rowBytes), 12);
      }
      c += 4;
    } else {
      for (; row < rows; row++) store<f32>(panel + ((<usize>row) << 5), load<f32>(source + ((<usize>row) << 2)));
      c += 1;
    }
  }
}
