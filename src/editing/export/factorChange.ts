/**
 * A whole matrix of changes as few factors, where it has few: ΔW [out, in] = Q R by Gram-Schmidt with the column of
 * largest remainder first (Golub & Van Loan 5.4). Neurons switched or amplified (KN) are a few columns; a fine-tuned
 * matrix is of full rank, and then factors would be larger than the matrix.
 */
import type { LowRankUpdate } from "../../domain/edit";
import type { Steps } from "../../linalg/steps";

/** Below this share of the largest change a remainder is float32's rounding and no further factor. */
const ROUNDING = 2 ** -22;

/** Factors take no more room than the matrix up to this rank. */
export const largestUsefulRank = (out: number, inWidth: number): number =>
  Math.max(1, Math.floor((out * inWidth) / (out + inWidth)));

/** Undefined when more than `largestUsefulRank` factors would be needed. `change` [out, in] is used up. */
export function* factorChange(
  weight: string,
  change: Float64Array,
  out: number,
  inWidth: number,
): Steps<LowRankUpdate | undefined> {
  const tolerance = ROUNDING * largest(change);
  const [left, right]: [Float64Array[], Float64Array[]] = [[], []];
  while (largest(change) > tolerance) {
    if (left.length === largestUsefulRank(out, inWidth)) return undefined;
    const direction = unitColumn(change, out, inWidth);
    left.push(direction);
    right.push(takeOut(change, direction, inWidth));
    yield;
  }
  const rank = left.length;
  const columns = (factors: Float64Array[], size: number) =>
    Float32Array.from({ length: size * rank }, (_, at) => factors[at % rank]![Math.floor(at / rank)]!);
  return {
    kind: "lowRank",
    weight,
    out,
    in: inWidth,
    rank,
    u: columns(left, out),
    v: columns(right, inWidth),
  };
}

function largest(values: Float64Array): number {
  let found = 0;
  for (const value of values) found = Math.max(found, Math.abs(value));
  return found;
}

/** The column with the largest norm, at length one. */
function unitColumn(change: Float64Array, out: number, inWidth: number): Float64Array {
  const squares = new Float64Array(inWidth);
  for (let at = 0; at < change.length; at++) squares[at % inWidth]! += change[at]! ** 2;
  const column = squares.indexOf(squares.reduce((a, b) => Math.max(a, b)));
  const length = Math.sqrt(squares[column]!);
  return Float64Array.from({ length: out }, (_, o) => change[o * inWidth + column]! / length);
}

/** R's row for a direction: directionᵀ ΔW, which is taken out of ΔW. */
function takeOut(change: Float64Array, direction: Float64Array, inWidth: number): Float64Array {
  const row = new Float64Array(inWidth);
  for (let at = 0; at < change.length; at++)
    row[at % inWidth]! += direction[Math.floor(at / inWidth)]! * change[at]!;
  for (let at = 0; at < change.length; at++)
    change[at]! -= direction[Math.floor(at / inWidth)]! * row[at % inWidth]!;
  return row;
}
