/** Softmax and losses over long rows; sums are kept in double precision every 64 values. */
import { exp4, loadUpTo4, log, madd, maxLanes, storeUpTo4, sumLanes } from "./simd";

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
