/**
 * Small vector parts the kernels are made of. Nothing here may need static data: the module lives in tfjs's memory
 * and owns none of it.
 */

/** JavaScript's Math.log: one call per row, not worth a table. */
@external("env", "log")
export declare function log(x: f64): f64;

/** a * b + c, fused where the build may assume relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pair = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1);
}

/** The largest lane. */
// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  const pair = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pair, 0), f32x4.extract_lane(pair, 1));
}

/** Four values, or the `count` (1 … 3) last ones of a row with `fill` behind them. */
// @ts-ignore: decorator
@inline
export function loadUpTo4(at: usize, count: i32, fill: f32): v128 {
  if (count >= 4) return v128.load(at);
  let v = f32x4.splat(fill);
  v = f32x4.replace_lane(v, 0, load<f32>(at));
  if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(at, 4));
  if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(at, 8));
  return v;
}

/** Stores four values, or only the first `count`. */
// @ts-ignore: decorator
@inline
export function storeUpTo4(at: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, v);
    return;
  }
  store<f32>(at, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(v, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(v, 2), 8);
}

/** 1.5 * 2^23: added to a small number, its integer part stands in the low bits of the sum. */
const ROUND: f32 = 12582912;

/**
 * exp for -87.3 <= x <= 88.7, to about one unit in the last place: x = n ln 2 + r, a polynomial of degree 6 in r
 * (|r| <= ln 2 / 2), and n added to the exponent's bits. NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
function expInRange4(x: v128): v128 {
  const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504088896341)), f32x4.splat(ROUND));
  const n = f32x4.sub(shifted, f32x4.splat(ROUND));
  // ln 2 in two parts, the first short enough that n times it is exact.
  let r = madd(n, f32x4.splat(-0.693359375), x);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** exp of four values: 0 below the smallest normal number, infinite above the largest. */
export function exp4(x: v128): v128 {
  const p = expInRange4(f32x4.max(f32x4.min(x, f32x4.splat(88.72)), f32x4.splat(-87.33)));
  const finite = v128.bitselect(f32x4.splat(Infinity), p, f32x4.gt(x, f32x4.splat(88.72)));
  return v128.andnot(finite, f32x4.lt(x, f32x4.splat(-87.33)));
}

/** exp of four values that are not positive; what is below -87.3 counts as that (about 1e-38). */
// @ts-ignore: decorator
@inline
export function expNegative4(x: v128): v128 {
  return expInRange4(f32x4.max(x, f32x4.splat(-87.33)));
}

/** 1 / (1 + exp(-x)). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp4(f32x4.neg(x))));
}
