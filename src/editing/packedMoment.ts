/**
 * A second moment in half precision: the Cholesky factor of C, its lower triangle row by row, every row scaled by a
 * power of two so that its largest entry is just below half precision's largest. The factor is stored and not C, since
 * what rounding does to a solution then grows with the square root of C's condition, and L Lᵀ is positive definite
 * whatever was rounded. The file around it is statisticsFile.ts.
 */
import type { SpdFactor } from "../linalg/solveSpd";
import type { Convergence, SecondMoment } from "./secondMoment";

/** f (f + 1) / 2 numbers as they are in L, and the power of two that each of the f rows was multiplied by. */
export type PackedTriangle = { values: Float32Array<ArrayBuffer>; scales: Float32Array<ArrayBuffer> };

/** The exponent that a row's largest entry gets; half precision ends below 2^16 and is normal from 2^-14 on. */
const TOP_EXPONENT = 14;

export const triangleSize = (n: number): number => (n * (n + 1)) / 2;

/** Rows of L, scaled; rounding to half precision is the writer's. */
export function packTriangle({ lower, n }: Pick<SpdFactor, "lower" | "n">): PackedTriangle {
  const values = new Float32Array(triangleSize(n));
  const scales = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    const entries = lower.subarray(row * n, row * n + row + 1);
    const largest = entries.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = 2 ** (TOP_EXPONENT - Math.floor(Math.log2(largest)));
    scales[row] = scale;
    values.set(
      Float32Array.from(entries, (value) => value * scale),
      triangleSize(row),
    );
  }
  return { values, scales };
}

/** L [n, n], row-major, zeros above the diagonal; undefined when a diagonal entry is not positive. */
export function unpackTriangle({ values, scales }: PackedTriangle): Float64Array | undefined {
  const n = scales.length;
  const lower = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    const from = triangleSize(row);
    for (let column = 0; column <= row; column++) {
      lower[row * n + column] = values[from + column]! / scales[row]!;
    }
    if (!(lower[row * n + row]! > 0)) return undefined;
  }
  return lower;
}

/** C = L Lᵀ, computed when it is first asked for: an edit that only solves with C never does. */
export class FactoredMoment implements SecondMoment {
  readonly width: number;
  readonly tokens: number;
  readonly convergence: readonly Convergence[];
  readonly factor: SpdFactor;
  #values: Float64Array | undefined;

  constructor(factor: SpdFactor, tokens: number, convergence: readonly Convergence[]) {
    this.width = factor.n;
    this.tokens = tokens;
    this.convergence = convergence;
    this.factor = factor;
  }

  get values(): Float64Array {
    return (this.#values ??= squareOf(this.factor));
  }
}

/** L Lᵀ; every entry is a dot product of two rows, which lie contiguously. */
function squareOf({ n, lower }: SpdFactor): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += lower[i * n + k]! * lower[j * n + k]!;
      product[i * n + j] = sum;
      product[j * n + i] = sum;
    }
  }
  return product;
}
