/** Activation functions and their derivatives, plain and gated, written so that nothing overflows on the way. */
import type { ActivationKind } from "../specs/activation";
import { elementKernel } from "./elementwise";
import type { WgslKernel } from "./program";

/** e stays in 0 … 1: WGSL need not honour the infinity that exp(-x) gives for large negative x. */
const SIGMOID = `
fn sigmoid(x : f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}`;

const SILU = `${SIGMOID}
fn act(x : f32) -> f32 { return x * sigmoid(x); }
fn slope(x : f32) -> f32 {
  let s = sigmoid(x);
  return s * (1.0 + x * (1.0 - s));
}`;

/** Beyond ±15 tanh is ±1 in float32; some drivers compute it as a quotient of overflowing exponentials. */
const TANH_GELU = `
const SCALE = 0.7978845608028654;
const CUBE = 0.044715;
fn inner(x : f32) -> f32 { return tanh(clamp(SCALE * (x + CUBE * x * x * x), -15.0, 15.0)); }
fn act(x : f32) -> f32 { return 0.5 * x * (1.0 + inner(x)); }
fn slope(x : f32) -> f32 {
  let t = inner(x);
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * SCALE * (1.0 + 3.0 * CUBE * x * x);
}`;

/** erf by Abramowitz and Stegun 7.1.26, whose absolute error is at most 1.5e-7. */
const ERF_GELU = `
fn erf(x : f32) -> f32 {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - series * exp(-a * a));
}
fn act(x : f32) -> f32 { return 0.5 * x * (1.0 + erf(x * 0.7071067811865476)); }
fn slope(x : f32) -> f32 {
  return 0.5 * (1.0 + erf(x * 0.7071067811865476)) + x * exp(-0.5 * x * x) * 0.3989422804014327;
}`;

const FUNCTIONS: Readonly<Record<ActivationKind, string>> = {
  silu: SILU,
  gelu: ERF_GELU,
  gelu_new: TANH_GELU,
  gelu_tanh: TANH_GELU,
};

type Shape = readonly number[];

function kernel(
  kind: ActivationKind,
  name: string,
  inputs: string[],
  shape: Shape,
  value: string,
): WgslKernel {
  return elementKernel({
    name: `${name}-${kind}`,
    inputs,
    outputShape: shape,
    functions: FUNCTIONS[kind],
    value,
  });
}

export function activationForward(kind: ActivationKind, shape: Shape): WgslKernel {
  return kernel(kind, "activation", ["x"], shape, "return act(x[index]);");
}

export function activationGradient(kind: ActivationKind, shape: Shape): WgslKernel {
  return kernel(kind, "activationGradient", ["dy", "x"], shape, "return dy[index] * slope(x[index]);");
}

export function gatedForward(kind: ActivationKind, shape: Shape): WgslKernel {
  return kernel(kind, "gated", ["gate", "up"], shape, "return act(gate[index]) * up[index];");
}

export function gatedGateGradient(kind: ActivationKind, shape: Shape): WgslKernel {
  const value = "return dy[index] * up[index] * slope(gate[index]);";
  return kernel(kind, "gatedGateGradient", ["dy", "gate", "up"], shape, value);
}

export function gatedUpGradient(kind: ActivationKind, shape: Shape): WgslKernel {
  return kernel(kind, "gatedUpGradient", ["dy", "gate"], shape, "return dy[index] * act(gate[index]);");
}
