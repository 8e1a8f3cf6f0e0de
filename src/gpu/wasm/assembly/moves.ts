/** Kernels that move rows about, or turn pairs within them: gather, scatter, rope. */
import { loadUpTo4, storeUpTo4 } from "./simd";

/** y[i] = x[rows[i]]. */
export function gatherRows(x: usize, rows: usize, y: usize, count: i32, width: i32): void {
  const rowBytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    memory.copy(y, x + (<usize>load<i32>(rows + ((<usize>i) << 2))) * rowBytes, rowBytes);
    y += rowBytes;
  }
}

/** y[rows[i]] += dy[i]; y has `rowCount` rows and starts at zero. */
export function scatterRows(dy: usize, rows: usize, y: usize, count: i32, width: i32, rowCount: i32): void {
  const rowBytes = (<usize>width) << 2;
  memory.fill(y, 0, (<usize>rowCount) * rowBytes);
  for (let i = 0; i < count; i++) {
    const target = y + (<usize>load<i32>(rows + ((<usize>i) << 2))) * rowBytes;
    for (let column = 0; column < width; column += 4) {
      const at = target + ((<usize>column) << 2);
      const left = width - column;
      storeUpTo4(at, f32x4.add(loadUpTo4(at, left, 0), loadUpTo4(dy + ((<usize>column) << 2), left, 0)), left);
    }
    dy += rowBytes;
  }
}

/**
 * Rotates the leading `2 * half` dimensions of every head; x [rows, heads, headDim], row r at angle row
 * firstPosition + r mod positions of cos and sin [.., half]. `sign` is -1 for the transposed rotation.
 */
export function rope(
  x: usize, cos: usize, sin: usize, y: usize, rows: i32, positions: i32, heads: i32, headDim: i32, half: i32,
  interleaved: bool, firstPosition: i32, sign: f32,
): void {
  const headBytes = (<usize>headDim) << 2;
  const secondOffset: usize = interleaved ? 4 : (<usize>half) << 2;
  const pairStep: usize = interleaved ? 8 : 4;
  const sign4 = f32x4.splat(sign);
  memory.copy(y, x, (<usize>rows) * (<usize>heads) * headBytes);
  for (let row = 0; row < rows; row++) {
    const angle = (<usize>((firstPosition + (row % positions)) * half)) << 2;
    for (let head = 0; head < heads; head++) {
      let pair = 0;
      if (!interleaved) {
        for (; pair + 4 <= half; pair += 4) {
          const at = (<usize>pair) << 2;
          const c = v128.load(cos + angle + at);
          const s = f32x4.mul(sign4, v128.load(sin + angle + at));
          const first = v128.load(x + at);
          const second = v128.load(x + at + secondOffset);
          v128.store(y + at, f32x4.sub(f32x4.mul(first, c), f32x4.mul(second, s)));
          v128.store(y + at + secondOffset, f32x4.add(f32x4.mul(second, c), f32x4.mul(first, s)));
        }
      }
      for (; pair < half; pair++) {
        const at = (<usize>pair) * pairStep;
        const c = load<f32>(cos + angle + ((<usize>pair) << 2));
        const s = sign * load<f32>(sin + angle + ((<usize>pair) << 2));
        const first = load<f32>(x + at);
        const second = load<f32>(x + at + secondOffset);
        store<f32>(y + at, first * c - second * s);
        store<f32>(y + at + secondOffset, second * c + first * s);
      }
      x += headBytes;
      y += headBytes;
    }
  }
}
