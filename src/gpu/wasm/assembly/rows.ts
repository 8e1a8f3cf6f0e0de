/** Kernels that work row by row over the last axis: norms, softmax, losses, gathers, rope. */
import { exp4, loadUpTo4, log, madd, maxLanes, storeUpTo4, sumLanes } from "./simd";

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

/** The largest value of a row. */
function largestOf(x: usize, width: i32): f32 {
  let largest = f32x4.splat(-Infinity);
  for (let i = 0; i < width; i += 4) {
    largest = f32x4.max(largest, loadUpTo4(x + ((<usize>i) << 2), width - i, -Infinity));
  }
  return maxLanes(largest);
}

/** The sum of exp(x - shift) of a row; the terms are kept at `y` when it is given. */
function sumOfExp(x: usize, width: i32, shift: f32, y: usize): f64 {
  const minus = f32x4.splat(shift);
  let total: f64 = 0;
  for (let block = 0; block < width; block += 64) {
    const end = min(width, block + 64);
    let sum = f32x4.splat(0);
    for (let i = block; i < end; i += 4) {
      const at = (<usize>i) << 2;
      const term = exp4(f32x4.sub(loadUpTo4(x + at, end - i, -Infinity), minus));
      if (y != 0) storeUpTo4(y + at, term, end - i);
      sum = f32x4.add(sum, term);
    }
    total += sumLanes(sum);
  }
  return total;
}

/** softmax of every row, or its logarithm. */
export function softmax(x: usize, y: usize, rows: i32, width: i32, logarithm: bool): void {
  for (let row = 0; row < rows; row++) {
    const largest = largestOf(x, width);
    const sum = sumOfExp(x, width, largest, logarithm ? 0 : y);
    const scale = f32x4.splat(<f32>(1 / sum));
    // x is at most `largest`; subtracting in two steps keeps small differences of large numbers.
    const shift = f32x4.splat(largest);
    const logSum = f32x4.splat(logarithm ? <f32>log(sum) : 0);
    for (let i = 0; i < width; i += 4) {
      const at = (<usize>i) << 2;
      const value = logarithm
        ? f32x4.sub(f32x4.sub(loadUpTo4(x + at, width - i, 0), shift), logSum)
        : f32x4.mul(loadUpTo4(y + at, width - i, 0), scale);
      storeUpTo4(y + at, value, width - i);
    }
    x += (<usize>width) << 2;
    y += (<usize>width) << 2;
  }
}

/** From the output y: dx = y (dy - sum(dy y)), or for the logarithm dx = dy - exp(y) sum(dy). */
export function softmaxGradient(dy: usize, y: usize, dx: usize, rows: i32, width: i32, logarithm: bool): void {
  for (let row = 0; row < rows; row++) {
    let total: f64 = 0;
    for (let block = 0; block < width; block += 64) {
      const end = min(width, block + 64);
      let sum = f32x4.splat(0);
      for (let i = block; i < end; i += 4) {
        const at = (<usize>i) << 2;
        const slope = loadUpTo4(dy + at, end - i, 0);
        sum = logarithm ? f32x4.add(sum, slope) : madd(slope, loadUpTo4(y + at, end - i, 0), sum);
      }
      total += sumLanes(sum);
    }
    const all = f32x4.splat(<f32>total);
    for (let i = 0; i < width; i += 4) {
      const at = (<usize>i) << 2;
      const slope = loadUpTo4(dy + at, width - i, 0);
      const value = loadUpTo4(y + at, width - i, 0);
      storeUpTo4(
        dx + at,
        logarithm ? f32x4.sub(slope, f32x4.mul(exp4(value), all)) : f32x4.mul(value, f32x4.sub(slope, all)),
        width - i,
      );
    }
    dy += (<usize>width) << 2;
    y += (<usize>width) << 2;
    dx += (<usize>width) << 2;
  }
}

/** nll[row] = log sum exp(logits) - logits[target]. */
export function crossEntropy(logits: usize, targets: usize, nll: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; row++) {
    const largest = largestOf(logits, width);
    const hit = load<f32>(logits + ((<usize>load<i32>(targets + ((<usize>row) << 2))) << 2));
    const value = <f64>largest - <f64>hit + log(sumOfExp(logits, width, largest, 0));
    store<f32>(nll + ((<usize>row) << 2), <f32>value);
    logits += (<usize>width) << 2;
  }
}

/** dlogits = dy[row] (softmax - onehot(target)). */
export function crossEntropyGradient(
  dy: usize, logits: usize, targets: usize, dx: usize, rows: i32, width: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const slope = load<f32>(dy + ((<usize>row) << 2));
    const sum = sumOfExp(logits, width, largestOf(logits, width), dx);
    const scale = f32x4.splat(<f32>(<f64>slope / sum));
    for (let i = 0; i < width; i += 4) {
      const at = dx + ((<usize>i) << 2);
      storeUpTo4(at, f32x4.mul(loadUpTo4(at, width - i, 0), scale), width - i);
    }
    const hit = dx + ((<usize>load<i32>(targets + ((<usize>row) << 2))) << 2);
    store<f32>(hit, load<f32>(hit) - slope);
    logits += (<usize>width) << 2;
    dx += (<usize>width) << 2;
  }
}

/** Log probabilities of zero count as very small ones: zero times infinity would be NaN. */
const LOWEST: f32 = -1e4;

/** result[row] = sum exp(r) (r - log softmax(logits)), r the reference's log probabilities. */
export function klDivergence(reference: usize, logits: usize, result: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; row++) {
    const largest = largestOf(logits, width);
    const logSum = f32x4.splat(<f32>log(sumOfExp(logits, width, largest, 0)));
    const shift = f32x4.splat(largest);
    let total: f64 = 0;
    for (let block = 0; block < width; block += 64) {
      const end = min(width, block + 64);
      let sum = f32x4.splat(0);
      for (let i = block; i < end; i += 4) {
        const at = (<usize>i) << 2;
        const r = f32x4.max(loadUpTo4(reference + at, end - i, LOWEST), f32x4.splat(LOWEST));
        const l = f32x4.sub(f32x4.sub(loadUpTo4(logits + at, end - i, 0), shift), logSum);
        sum = madd(exp4(r), f32x4.sub(r, l), sum);
      }
      total += sumLanes(sum);
    }
    store<f32>(result + ((<usize>row) << 2), <f32>total);
    reference += (<usize>width) << 2;
    logits += (<usize>width) << 2;
  }
}

/** dlogits = dy[row] (softmax(logits) sum(exp r) - exp(r)). */
export function klDivergenceGradient(
  dy: usize, reference: usize, logits: usize, dx: usize, rows: i32, width: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const slope = load<f32>(dy + ((<usize>row) << 2));
    const sum = sumOfExp(logits, width, largestOf(logits, width), dx);
    const mass = sumOfExp(reference, width, 0, 0);
    const scale = f32x4.splat(<f32>((<f64>slope * mass) / sum));
    const minus = f32x4.splat(-slope);
    for (let i = 0; i < width; i += 4) {
      const at = (<usize>i) << 2;
      const p = exp4(loadUpTo4(reference + at, width - i, -Infinity));
      const q = loadUpTo4(dx + at, width - i, 0);
      storeUpTo4(dx + at, madd(p, minus, f32x4.mul(q, scale)), width - i);
    }
    reference += (<usize>width) << 2;
    logits += (<usize>width) << 2;
    dx += (<usize>width) << 2;
  }
}

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
