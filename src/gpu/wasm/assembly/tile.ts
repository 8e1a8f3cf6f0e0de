/**
 * The heart of every product: y[rows, 8] (+)= x[rows, depth] b[depth, 8], with 4 x 8 accumulators in registers (other
 * shapes spill: platform.md 7.3). x may be strided along both axes, so a transposed left side costs nothing; b is a
 * packed panel (8 consecutive floats per step of depth).
 *
 * Two things that look like oversights are what makes it fast. The loops are not unrolled: V8 moves all loads of an
 * unrolled body to its top and then spills them. And the tiles are exported from the module: otherwise asc's optimiser
 * puts them all into their one caller, where V8 runs out of registers. Both cost a quarter of the speed.
 */
import { loadUpTo4, madd, storeUpTo4 } from "./simd";

/** Bytes of one step of a panel. */
const STEP: usize = 32;

/** Adds bias (or what y holds) and stores the first `columns` of eight values. */
// @ts-ignore: decorator
@inline
function finish(y: usize, low: v128, high: v128, columns: i32, bias: usize, accumulate: bool): void {
  if (columns == 8) {
    if (bias != 0) {
      low = f32x4.add(low, v128.load(bias));
      high = f32x4.add(high, v128.load(bias, 16));
    }
    if (accumulate) {
      low = f32x4.add(low, v128.load(y));
      high = f32x4.add(high, v128.load(y, 16));
    }
    v128.store(y, low);
    v128.store(y, high, 16);
  } else {
    finishNarrow(y, low, high, columns, bias, accumulate);
  }
}

/** The last panel of a matrix whose width is no multiple of eight. */
function finishNarrow(y: usize, low: v128, high: v128, columns: i32, bias: usize, accumulate: bool): void {
  const more = columns - 4;
  if (bias != 0) {
    low = f32x4.add(low, loadUpTo4(bias, columns, 0));
    if (more > 0) high = f32x4.add(high, loadUpTo4(bias + 16, more, 0));
  }
  if (accumulate) {
    low = f32x4.add(low, loadUpTo4(y, columns, 0));
    if (more > 0) high = f32x4.add(high, loadUpTo4(y + 16, more, 0));
  }
  storeUpTo4(y, low, columns);
  if (more > 0) storeUpTo4(y + 16, high, more);
}

/** Four rows: the tile that large products are made of. */
export function tile4(
  x: usize, xRow: usize, xDepth: usize, b: usize, depth: i32,
  y: usize, yRow: usize, columns: i32, bias: usize, accumulate: bool,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let x1 = x + xRow, x2 = x1 + xRow, x3 = x2 + xRow;
  const end = b + (<usize>depth) * STEP;
  while (b < end) {
    const low = v128.load(b), high = v128.load(b, 16);
    let s = v128.load32_splat(x); a0 = madd(s, low, a0); c0 = madd(s, high, c0);
    s = v128.load32_splat(x1); a1 = madd(s, low, a1); c1 = madd(s, high, c1);
    s = v128.load32_splat(x2); a2 = madd(s, low, a2); c2 = madd(s, high, c2);
    s = v128.load32_splat(x3); a3 = madd(s, low, a3); c3 = madd(s, high, c3);
    b += STEP; x += xDepth; x1 += xDepth; x2 += xDepth; x3 += xDepth;
  }
  finish(y, a0, c0, columns, bias, accumulate);
  finish(y + yRow, a1, c1, columns, bias, accumulate);
  finish(y + 2 * yRow, a2, c2, columns, bias, accumulate);
  finish(y + 3 * yRow, a3, c3, columns, bias, accumulate);
}

/** Three rows: six sums run beside each other. */
export function tile3(
  x: usize, xRow: usize, xDepth: usize, b: usize, depth: i32,
  y: usize, yRow: usize, columns: i32, bias: usize, accumulate: bool,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0);
  let x1 = x + xRow, x2 = x1 + xRow;
  const end = b + (<usize>depth) * STEP;
  while (b < end) {
    const low = v128.load(b), high = v128.load(b, 16);
    let s = v128.load32_splat(x); a0 = madd(s, low, a0); c0 = madd(s, high, c0);
    s = v128.load32_splat(x1); a1 = madd(s, low, a1); c1 = madd(s, high, c1);
    s = v128.load32_splat(x2); a2 = madd(s, low, a2); c2 = madd(s, high, c2);
    b += STEP; x += xDepth; x1 += xDepth; x2 += xDepth;
  }
  finish(y, a0, c0, columns, bias, accumulate);
  finish(y + yRow, a1, c1, columns, bias, accumulate);
  finish(y + 2 * yRow, a2, c2, columns, bias, accumulate);
}

/** Two rows: the depth is walked two steps at a time, so that eight sums run beside each other. */
export function tile2(
  x: usize, xRow: usize, xDepth: usize, b: usize, depth: i32,
  y: usize, yRow: usize, columns: i32, bias: usize, accumulate: bool,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), c0 = f32x4.splat(0), c1 = f32x4.splat(0);
  let d0 = f32x4.splat(0), d1 = f32x4.splat(0), e0 = f32x4.splat(0), e1 = f32x4.splat(0);
  let x1 = x + xRow;
  const end = b + (<usize>depth) * STEP;
  const end2 = b + (<usize>(depth & ~1)) * STEP;
  while (b < end2) {
    let low = v128.load(b), high = v128.load(b, 16);
    let s = v128.load32_splat(x); a0 = madd(s, low, a0); c0 = madd(s, high, c0);
    s = v128.load32_splat(x1); a1 = madd(s, low, a1); c1 = madd(s, high, c1);
    low = v128.load(b, 32); high = v128.load(b, 48);
    x += xDepth; x1 += xDepth;
    s = v128.load32_splat(x); d0 = madd(s, low, d0); e0 = madd(s, high, e0);
    s = v128.load32_splat(x1); d1 = madd(s, low, d1); e1 = madd(s, high, e1);
    b += 2 * STEP; x += xDepth; x1 += xDepth;
  }
  if (b < end) {
    const low = v128.load(b), high = v128.load(b, 16);
    let s = v128.load32_splat(x); a0 = madd(s, low, a0); c0 = madd(s, high, c0);
    s = v128.load32_splat(x1); a1 = madd(s, low, a1); c1 = madd(s, high, c1);
  }
  finish(y, f32x4.add(a0, d0), f32x4.add(c0, e0), columns, bias, accumulate);
  finish(y + yRow, f32x4.add(a1, d1), f32x4.add(c1, e1), columns, bias, accumulate);
}

/** One row, bound by the speed of memory: two steps of depth at a time. */
export function tile1(
  x: usize, xDepth: usize, b: usize, depth: i32, y: usize, columns: i32, bias: usize, accumulate: bool,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), c0 = f32x4.splat(0), c1 = f32x4.splat(0);
  const end = b + (<usize>depth) * STEP;
  const end2 = b + (<usize>(depth & ~1)) * STEP;
  while (b < end2) {
    let s = v128.load32_splat(x); a0 = madd(s, v128.load(b), a0); c0 = madd(s, v128.load(b, 16), c0);
    x += xDepth;
    s = v128.load32_splat(x); a1 = madd(s, v128.load(b, 32), a1); c1 = madd(s, v128.load(b, 48), c1);
    x += xDepth;
    b += 2 * STEP;
  }
  if (b < end) {
    const s = v128.load32_splat(x); a0 = madd(s, v128.load(b), a0); c0 = madd(s, v128.load(b, 16), c0);
  }
  finish(y, f32x4.add(a0, a1), f32x4.add(c0, c1), columns, bias, accumulate);
}

/**
 * y[rows, columns <= 8] = x[rows, depth] b[depth, 8] + bias, or added to y.
 * @param xRow bytes from one row of x to the next; `xDepth` from one step of depth to the next
 * @param b a panel: 8 floats per step of depth
 * @param bias address of `columns` floats, or 0
 */
export function multiplyPanel(
  x: usize, xRow: usize, xDepth: usize, rows: i32, b: usize, depth: i32,
  y: usize, yRow: usize, columns: i32, bias: usize, accumulate: bool,
): void {
  let left = rows;
  while (left >= 4) {
    tile4(x, xRow, xDepth, b, depth, y, yRow, columns, bias, accumulate);
    x += 4 * xRow;
    y += 4 * yRow;
    left -= 4;
  }
  if (left == 3) tile3(x, xRow, xDepth, b, depth, y, yRow, columns, bias, accumulate);
  else if (left == 2) tile2(x, xRow, xDepth, b, depth, y, yRow, columns, bias, accumulate);
  else if (left == 1) tile1(x, xDepth, b, depth, y, columns, bias, accumulate);
}
