/** Compares a facade function's gradients with central differences on the active backend. */
import * as ops from "../ops";
import type { Tensor } from "../tensor";
import { dispose, memory, read, tensor, tidy } from "../tensor";
import type { GradientCase, Prepared } from "./gradientCases";
import { randomValues, sizeOf, uniform } from "./random";

export interface GradientCheck {
  /** max over arguments and directions of |analytic - numeric| / max(1, |numeric|). */
  readonly error: number;
  readonly leaked: number;
}

/** Central differences in single precision: a step of 1/64 balances rounding and curvature. */
const STEP = 1 / 64;
const DIRECTIONS = 6;

export async function checkGradient(gradientCase: GradientCase): Promise<GradientCheck> {
  const before = memory().tensors;
  const prepared = await gradientCase.prepare();
  const points = gradientCase.shapes.map((shape, i) => randomValues(900 + i, sizeOf(shape)));
  const xs = points.map((point, i) => tensor(point, gradientCase.shapes[i] as number[]));
  const { value, gradients } = ops.valueAndGradients((...args) => contract(prepared.f(...args)), xs);
  let error = 0;
  for (const [argument, gradient] of gradients.entries()) {
    const analytic = await read(gradient);
    for (let i = 0; i < DIRECTIONS; i++) {
      const direction = signs(1000 * argument + i, analytic.length);
      const slope = analytic.reduce((sum, g, at) => sum + g * (direction[at] as number), 0);
      const numeric = await difference(gradientCase, prepared, points, argument, direction);
      error = Math.max(error, Math.abs(slope - numeric) / Math.max(1, Math.abs(numeric)));
    }
  }
  dispose(value, ...gradients, ...xs);
  prepared.dispose();
  return { error: Number.isNaN(error) ? Infinity : error, leaked: memory().tensors - before };
}

/** sum of y times fixed random weights: a scalar that sees every output. */
function contract(y: Tensor): Tensor {
  return ops.sum(ops.mul(y, tensor(randomValues(77, y.size), y.shape)));
}

/** Random signs: each step moves every coordinate, so a few directions see all of the gradient. */
function signs(seed: number, count: number): Float32Array {
  const next = uniform(seed);
  return Float32Array.from({ length: count }, () => (next() < 0.5 ? -1 : 1));
}

/** Richardson's extrapolation of two central differences removes the curvature term. */
async function difference(
  gradientCase: GradientCase,
  prepared: Prepared,
  points: readonly Float32Array[],
  argument: number,
  direction: Float32Array,
): Promise<number> {
  const slope = async (step: number) => {
    const ends = [];
    for (const side of [step, -step]) {
      const y = tidy(() => {
        const moved = points.map((point, i) =>
          tensor(
            i === argument ? point.map((x, at) => x + side * (direction[at] as number)) : point,
            gradientCase.shapes[i] as number[],
          ),
        );
        return prepared.f(...moved);
      });
      // Contracted here in double precision: the difference of two close sums is all that matters.
      const weights = randomValues(77, y.size);
      ends.push((await read(y)).reduce((sum, v, at) => sum + v * (weights[at] as number), 0));
      dispose(y);
    }
    return ((ends[0] as number) - (ends[1] as number)) / (2 * step);
  };
  return (4 * (await slope(STEP)) - (await slope(2 * STEP))) / 3;
}
