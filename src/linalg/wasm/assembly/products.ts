/** T[i, j] -= sum over k of A[i, k] B[j, k], with B's rows interleaved four by four (panels). */

/** Terms summed from zero before they are taken from T: as in rowProducts.ts. */
const DEPTH: i32 = 256;

/**
 * Rows of B [rows, depth], each `stride` bytes after the one before, as panels of four rows: depth times four numbers.
 * Rows that the last panel lacks are zero.
 */
export function packPanels(b: usize, stride: usize, rows: i32, depth: i32, panels: usize): void {
  let left = rows;
  while (left >= 4) {
    for (let k: i32 = 0; k < depth; k++) {
      const from = b + (<usize>k << 3);
      store<f64>(panels, load<f64>(from));
      store<f64>(panels, load<f64>(from + stride), 8);
      store<f64>(panels, load<f64>(from + 2 * stride), 16);
      store<f64>(panels, load<f64>(from + 3 * stride), 24);
      panels += 32;
    }
    b += 4 * stride;
    left -= 4;
  }
  if (left <= 0) return;
  for (let k: i32 = 0; k < depth; k++) {
    const from = b + (<usize>k << 3);
    store<f64>(panels, load<f64>(from));
    store<f64>(panels, left > 1 ? load<f64>(from + stride) : 0, 8);
    store<f64>(panels, left > 2 ? load<f64>(from + 2 * stride) : 0, 16);
    store<f64>(panels, 0, 24);
    panels += 32;
  }
}

/**
 * For T [4 rowTiles, 4 panelCount] and A [4 rowTiles, depth]; strides in bytes.
 */
export function subtractProducts(
  t: usize, tStride: usize, a: usize, aStride: usize, rowTiles: i32, panels: usize, panelCount: i32, depth: i32,
): void {
  for (let from: i32 = 0; from < depth; from += DEPTH) {
    const length = min(DEPTH, depth - from);
    for (let panel: i32 = 0; panel < panelCount; panel++) {
      const b = panels + ((<usize>panel * depth + from) << 5);
      for (let tile: i32 = 0; tile < rowTiles; tile++) {
        const row = <usize>tile << 2;
        subtractTile(
          t + row * tStride + (<usize>panel << 5), tStride,
          a + row * aStride + (<usize>from << 3), aStride, b, length,
        );
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function times(x: v128, y: v128, sum: v128): v128 {
  return f64x2.add(sum, f64x2.mul(x, y));
}

// @ts-ignore: decorator
@inline
function subtractFour(t: usize, s0: v128, s1: v128): void {
  v128.store(t, f64x2.sub(v128.load(t), s0));
  v128.store(t, f64x2.sub(v128.load(t, 16), s1), 16);
}

/** One tile of 4 x 4: eight sums of two lanes. */
function subtractTile(t: usize, tStride: usize, a: usize, aStride: usize, b: usize, length: i32): void {
  let s00 = f64x2.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  let a0 = a;
  let a1 = a0 + aStride;
  let a2 = a1 + aStride;
  let a3 = a2 + aStride;
  for (; length > 0; length--) {
    const y0 = v128.load(b), y1 = v128.load(b, 16);
    let x = v128.load64_splat(a0);
    s00 = times(x, y0, s00);
    s01 = times(x, y1, s01);
    x = v128.load64_splat(a1);
    s10 = times(x, y0, s10);
    s11 = times(x, y1, s11);
    x = v128.load64_splat(a2);
    s20 = times(x, y0, s20);
    s21 = times(x, y1, s21);
    x = v128.load64_splat(a3);
    s30 = times(x, y0, s30);
    s31 = times(x, y1, s31);
    a0 += 8;
    a1 += 8;
    a2 += 8;
    a3 += 8;
    b += 32;
  }
  subtractFour(t, s00, s01);
  subtractFour(t + tStride, s10, s11);
  subtractFour(t + 2 * tStride, s20, s21);
  subtractFour(t + 3 * tStride, s30, s31);
}
