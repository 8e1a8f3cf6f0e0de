/** What the facade takes from tfjs as it is: a few calls with results known by hand, for the self-test. */
import * as ops from "../ops";
import { tensor, tidy } from "../tensor";
import type { Tensor } from "../tensor";

export type ArithmeticCase = {
  readonly name: string;
  /** The caller owns the result. */
  readonly run: () => Tensor;
  readonly expected: readonly number[];
};

function on(name: string, f: (a: Tensor, b: Tensor) => Tensor, expected: readonly number[]): ArithmeticCase {
  const run = () => tidy(() => f(tensor([1, -2, 3, 4, 5, 6], [2, 3]), tensor([2, 4, -8], [3])));
  return { name, run, expected };
}

export const ARITHMETIC_CASES: readonly ArithmeticCase[] = [
  on("add with broadcasting", (a, b) => ops.add(a, b), [3, 2, -5, 6, 9, -2]),
  on("subtract", (a, b) => ops.sub(a, b), [-1, -6, 11, 2, 1, 14]),
  on("multiply", (a, b) => ops.mul(a, b), [2, -8, -24, 8, 20, -48]),
  on("divide", (a, b) => ops.div(a, b), [0.5, -0.5, -0.375, 2, 1.25, -0.75]),
  on("scale", (a) => ops.scale(a, -2), [-2, 4, -6, -8, -10, -12]),
  on("square root of squares", (a) => ops.sqrt(ops.square(a)), [1, 2, 3, 4, 5, 6]),
  on("sum", (a) => ops.sum(a, 1), [2, 15]),
  on("mean", (a) => ops.mean(a, 0), [2.5, 1.5, 4.5]),
  on("concatenate and slice", (a) => ops.slice(ops.concat([a, a], 0), [1, 1], [2, 2]), [5, 6, -2, 3]),
  on("transpose", (a) => ops.transpose(a, [1, 0]), [1, 4, -2, 5, 3, 6]),
];
