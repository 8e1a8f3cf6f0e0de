/**
 * The directions a second moment C [f, f] hardly uses: eigenvectors with an eigenvalue below a threshold, and the
 * projection onto them (AlphaEdit, algorithms.md 7.2). Held as an orthonormal basis of the smaller side.
 */
import { multiply } from "./lowRank";
import { runAtOnce, type Steps } from "./steps";
import { symmetricEigenSteps } from "./symmetricEigen";
import { transpose } from "./transpose";

export type NullSpace = {
  /** f. */
  width: number;
  /** Dimension of the null space, which is the trace of P. */
  dimension: number;
  /** Descending. */
  eigenvalues: Float64Array;
  /** Orthonormal rows [m, f]: of the null space, or of its complement. */
  basis: Float64Array;
  ofComplement: boolean;
};

export const nullSpace = (c: Float64Array, width: number, threshold: number): NullSpace =>
  runAtOnce(nullSpaceSteps(c, width, threshold));

/** `nullSpace` in steps. About 14f³ operations; remember the result. */
export function* nullSpaceSteps(c: Float64Array, width: number, threshold: number): Steps<NullSpace> {
  const { values, vectors } = yield* symmetricEigenSteps(c, width);
  const used = values.filter((value) => value >= threshold).length;
  const ofComplement = used <= width / 2;
  const basis = ofComplement ? vectors.slice(0, used * width) : vectors.slice(used * width);
  return { width, dimension: width - used, eigenvalues: values, basis, ofComplement };
}

/** P A for A [f, n]. */
export function projectOnNullSpace({ width, basis, ofComplement }: NullSpace, a: Float64Array): Float64Array {
  const n = a.length / width;
  const m = basis.length / width;
  const within = multiply(transpose(basis, m, width), multiply(basis, a, m, width, n), width, m, n);
  return ofComplement ? a.map((value, at) => value - within[at]!) : within;
}
