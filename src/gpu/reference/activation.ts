/** Slow twins of the activation functions and their derivatives, in double precision. */
export type ActivationKind = "gelu_new" | "gelu" | "silu" | "gelu_tanh";

type Values = Float32Array | Int32Array;

/** erf to double precision: Taylor series near zero, continued fraction of erfc beyond. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-18 * sum && n < 200; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBE = 0.044715;

/** The value at x. */
export function activate(kind: ActivationKind, x: number): number {
  switch (kind) {
    case "gelu":
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case "silu":
      return x / (1 + Math.exp(-x));
    case "gelu_new":
    case "gelu_tanh":
      return 0.5 * x * (1 + Math.tanh(TANH_SCALE * (x + TANH_CUBE * x ** 3)));
  }
}

/** The derivative at x. */
export function activateDerivative(kind: ActivationKind, x: number): number {
  switch (kind) {
    case "gelu":
      return 0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
    case "silu": {
      const s = 1 / (1 + Math.exp(-x));
      return s * (1 + x * (1 - s));
    }
    case "gelu_new":
    case "gelu_tanh": {
      const t = Math.tanh(TANH_SCALE * (x + TANH_CUBE * x ** 3));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * TANH_SCALE * (1 + 3 * TANH_CUBE * x * x);
    }
  }
}

export function activation(kind: ActivationKind, x: Values): Float32Array {
  return Float32Array.from(x, (value) => activate(kind, value));
}

export function activationGradient(kind: ActivationKind, dy: Values, x: Values): Float32Array {
  return Float32Array.from(x, (value, i) => (dy[i] as number) * activateDerivative(kind, value));
}

export function gatedActivation(kind: ActivationKind, gate: Values, up: Values): Float32Array {
  return Float32Array.from(gate, (value, i) => activate(kind, value) * (up[i] as number));
}

/** [dGate, dUp]. */
export function gatedActivationGradient(
  kind: ActivationKind,
  dy: Values,
  gate: Values,
  up: Values,
): [Float32Array, Float32Array] {
  const dGate = Float32Array.from(
    gate,
    (value, i) => (dy[i] as number) * (up[i] as number) * activateDerivative(kind, value),
  );
  const dUp = Float32Array.from(gate, (value, i) => (dy[i] as number) * activate(kind, value));
  return [dGate, dUp];
}
