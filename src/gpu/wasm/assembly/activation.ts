/** Activation functions and their derivatives, four values at a time. Kinds: 0 silu, 1 gelu (erf), 2 gelu (tanh). */
import { exp4, loadUpTo4, madd, sigmoid4, storeUpTo4 } from "./simd";

const SILU: i32 = 0;
const GELU: i32 = 1;

/** sqrt(2 / pi) and the cubic coefficient of the tanh form. */
const TANH_SCALE: f32 = 0.7978845608028654;
const TANH_CUBE: f32 = 0.044715;

/** 0.5 (1 + erf(x / sqrt 2)) by Abramowitz and Stegun 7.1.26 (absolute error below 1e-7). */
function normalCdf(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.7071067811865476));
  const t = f32x4.div(f32x4.splat(1), madd(z, f32x4.splat(0.3275911), f32x4.splat(1)));
  let p = f32x4.splat(1.061405429);
  p = madd(p, t, f32x4.splat(-1.453152027));
  p = madd(p, t, f32x4.splat(1.421413741));
  p = madd(p, t, f32x4.splat(-0.284496736));
  p = madd(p, t, f32x4.splat(0.254829592));
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(p, t), exp4(f32x4.neg(f32x4.mul(z, z)))), f32x4.splat(0.5));
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

/** sqrt(2 / pi) (x + 0.044715 x³) times 2: the tanh form is x sigmoid of this. */
// @ts-ignore: decorator
@inline
function tanhArgument(x: v128): v128 {
  const cubic = madd(f32x4.mul(x, x), f32x4.splat(TANH_CUBE), f32x4.splat(1));
  return f32x4.mul(f32x4.mul(x, cubic), f32x4.splat(2 * TANH_SCALE));
}

/** The share of x that passes: every activation here is act(x) = x share(x). */
// @ts-ignore: decorator
@inline
function share4(x: v128, kind: i32): v128 {
  if (kind == SILU) return sigmoid4(x);
  if (kind == GELU) return normalCdf(x);
  return sigmoid4(tanhArgument(x));
}

// @ts-ignore: decorator
@inline
function value4(x: v128, kind: i32): v128 {
  return f32x4.mul(x, share4(x, kind));
}

/** act'(x), given share(x), the costly part. */
// @ts-ignore: decorator
@inline
function slope4(x: v128, share: v128, kind: i32): v128 {
  const one = f32x4.splat(1);
  if (kind == GELU) {
    const density = f32x4.mul(
      exp4(f32x4.mul(f32x4.splat(-0.5), f32x4.mul(x, x))), f32x4.splat(0.3989422804014327),
    );
    return madd(x, density, share);
  }
  const bend = f32x4.mul(f32x4.mul(x, share), f32x4.sub(one, share));
  if (kind == SILU) return f32x4.add(share, bend);
  const steep = madd(f32x4.mul(x, x), f32x4.splat(3 * TANH_CUBE), one);
  return madd(f32x4.mul(bend, steep), f32x4.splat(2 * TANH_SCALE), share);
}

/** y = act(x). */
export function activation(x: usize, y: usize, count: i32, kind: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = (<usize>i) << 2;
    storeUpTo4(y + at, value4(loadUpTo4(x + at, count - i, 0), kind), count - i);
  }
}

/** dx = dy act'(x). */
export function activationGradient(dy: usize, x: usize, dx: usize, count: i32, kind: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = (<usize>i) << 2;
    const input = loadUpTo4(x + at, count - i, 0);
    const slope = slope4(input, share4(input, kind), kind);
    storeUpTo4(dx + at, f32x4.mul(loadUpTo4(dy + at, count - i, 0), slope), count - i);
  }
}

/** y = act(gate) up. */
export function gatedActivation(gate: usize, up: usize, y: usize, count: i32, kind: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = (<usize>i) << 2;
    const value = value4(loadUpTo4(gate + at, count - i, 0), kind);
    storeUpTo4(y + at, f32x4.mul(value, loadUpTo4(up + at, count - i, 0)), count - i);
  }
}

/** dGate = dy up act'(gate), dUp = dy act(gate). */
export function gatedActivationGradient(
  dy: usize, gate: usize, up: usize, dGate: usize, dUp: usize, count: i32, kind: i32,
): void {
  for (let i = 0; i < count; i += 4) {
    const at = (<usize>i) << 2;
    const left = count - i;
    const g = loadUpTo4(gate + at, left, 0);
    const d = loadUpTo4(dy + at, left, 0);
    const share = share4(g, kind);
    const slope = slope4(g, share, kind);
    storeUpTo4(dGate + at, f32x4.mul(f32x4.mul(d, loadUpTo4(up + at, left, 0)), slope), left);
    storeUpTo4(dUp + at, f32x4.mul(d, f32x4.mul(g, share)), left);
  }
}
