/** Layer norm and RMS norm over the last axis, and their gradient. */
import { loadUpTo4, madd, storeUpTo4, sumLanes } from "./simd";

/** The sum of a row, kept in double precision every 64 values: vocabularies are long. */
function sumOf(x: usize, width: i32): f64 {
  let total: f64 = 0;
  for (let block = 0; block < width; block += 64) {
    const end = min(width, block + 64);
    let sum = f32x4.splat(0);
    for (let i = block; i < end; i += 4) sum = f32x4.add(sum, loadUpTo4(x + ((<usize>i) << 2), end - i, 0));
    total += sumLanes(sum);
  }
  return total;
}

/** The sum of (x - mean)² of a row. */
function squaresOf(x: usize, width: i32, mean: f32): f64 {
  const centre = f32x4.splat(mean);
  let total: f64 = 0;
  for (let block = 0; block < width; block += 64) {
    const end = min(width, block + 64);
    let sum = f32x4.splat(0);
    for (let i = block; i < end; i += 4) {
      const d = f32x4.sub(loadUpTo4(x + ((<usize>i) << 2), end - i, mean), centre);
      sum = madd(d, d, sum);
    }
    total += sumLanes(sum);
  }
  return total;
}

/** y = (x - mean) / sqrt(variance + eps) * gain + bias; bias 0 means RMS norm: nothing subtracted, nothing added. */
export function normalise(x: usize, gain: usize, bias: usize, y: usize, rows: i32, width: i32, eps: f64): void {
  for (let row = 0; row < rows; row++) {
    const mean: f32 = bias != 0 ? <f32>(sumOf(x, width) / <f64>width) : 0;
    const inverse = f32x4.splat(<f32>(1 / sqrt(squaresOf(x, width, mean) / <f64>width + eps)));
    const centre = f32x4.splat(mean);
    for (let i = 0; i < width; i += 4) {
      const at = (<usize>i) << 2;
      const standard = f32x4.mul(f32x4.sub(loadUpTo4(x + at, width - i, 0), centre), inverse);
      let value = f32x4.mul(standard, loadUpTo4(gain + at, width - i, 0));
      if (bias != 0) value = f32x4.add(value, loadUpTo4(bias + at, width - i, 0));
      storeUpTo4(y + at, value, width - i);
    }
    x += (<usize>width) << 2;
    y += (<usize>width) << 2;
  }
}

/** dx = inverse (g - mean(g) - s mean(g s)), g = dy gain, s the standardised x; RMS norm (`centred` false) has no mean(g). */
export function normaliseGradient(
  dy: usize, x: usize, gain: usize, dx: usize, rows: i32, width: i32, eps: f64, centred: bool,
): void {
  for (let row = 0; row < rows; row++) {
    const mean: f32 = centred ? <f32>(sumOf(x, width) / <f64>width) : 0;
    const inverse: f32 = <f32>(1 / sqrt(squaresOf(x, width, mean) / <f64>width + eps));
    const centre = f32x4.splat(mean);
    const factor = f32x4.splat(inverse);
    let sumG = f32x4.splat(0);
    let sumGs = f32x4.splat(0);
    for (let i = 0; i < width; i += 4) {
      const at = (<usize>i) << 2;
      const g = f32x4.mul(loadUpTo4(dy + at, width - i, 0), loadUpTo4(gain + at, width - i, 0));
      const s = f32x4.mul(f32x4.sub(loadUpTo4(x + at, width - i, mean), centre), factor);
      sumG = f32x4.add(sumG, g);
      sumGs = madd(g, s, sumGs);
    }
    const meanG = f32x4.splat(centred ? sumLanes(sumG) / <f32>width : 0);
    const meanGs = f32x4.splat(sumLanes(sumGs) / <f32>width);
    for (let i = 0; i < width; i += 4) {
      const at = (<usize>i) << 2;
      const g = f32x4.mul(loadUpTo4(dy + at, width - i, 0), loadUpTo4(gain + at, width - i, 0));
      const s = f32x4.mul(f32x4.sub(loadUpTo4(x + at, width - i, mean), centre), factor);
      const value = f32x4.mul(factor, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(s, meanGs)));
      storeUpTo4(dx + at, value, width - i);
    }
    x += (<usize>width) << 2;
    dy += (<usize>width) << 2;
    dx += (<usize>width) << 2;
  }
}
