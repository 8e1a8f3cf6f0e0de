/**
 * "No superposition, no loss" on a memory whose keys are known: orthogonal in whitened space by construction, or sharing
 * a common direction as far as is asked for, written one after the other in closed form. More facts than the keys have
 * numbers cannot be orthogonal: those beyond point anywhere.
 */
import type { ConstructedMemory, ConstructedMemoryRequest } from "../domain/superposition";
import { AppError } from "../lib/errors";
import { legacyRandom, type LegacyRandom } from "../lib/random/legacyRandom";
import { cholesky, type CholeskyFactor } from "../linalg/cholesky";
import { gramSteps } from "../linalg/gram";
import { dot, norm } from "../linalg/norms";
import { runAtOnce } from "../linalg/steps";
import { interferenceOnEdit, recall, writeEdit, type WrittenEdit } from "./closedForm";
import { interferenceMatrix } from "./interference";
import { whitenSteps } from "./whitening";

/** Numbers of a value; what is written does not matter, only where. */
const OUT = 16;
const MOST = 256;

/** Throws AppError `bad-request`. */
export function constructedMemory(request: ConstructedMemoryRequest): ConstructedMemory {
  check(request);
  const { facts, width, seed } = request;
  const random = legacyRandom(seed);
  const factor = cholesky(secondMoment(width, random), width);
  const keys = makeKeys(request, factor, random);
  const values = Array.from({ length: facts }, () => normals(OUT, random));
  const weight = normals(OUT * width, random).map((value) => value / Math.sqrt(width));
  const written: WrittenEdit[] = [];
  const lossOf = (at: number): number =>
    norm(recall(weight, keys[at]!).map((now, row) => now - values[at]![row]!)) / norm(values[at]!);
  const meanLoss = keys.map((key, at) => {
    written.push(writeEdit(weight, factor, { key, value: values[at]! }));
    return keys.slice(0, at + 1).reduce((sum, _, earlier) => sum + lossOf(earlier), 0) / (at + 1);
  });
  const loss = values.map((value, at) => ({
    predicted: norm(interferenceOnEdit(written, at)) / norm(value),
    measured: lossOf(at),
  }));
  const interference = matrixOf(keys, factor);
  return { interference, loss, meanLoss, largestShare: largestOffDiagonal(interference, facts) };
}

function check({ facts, width, overlap, seed }: ConstructedMemoryRequest): void {
  const counts = [facts, width].every((count) => Number.isInteger(count) && count >= 2 && count <= MOST);
  if (counts && overlap >= 0 && overlap < 1 && Number.isInteger(seed) && seed >= 0) return;
  throw new AppError(
    "bad-request",
    "A constructed memory has 2 to 256 facts and as many numbers in a key, an overlap from 0 to below 1, and a whole seed.",
    "Choose others.",
  );
}

const normals = (count: number, random: LegacyRandom): Float64Array =>
  Float64Array.from({ length: count }, () => random.normal());

/** Some C with directions of very different weight, as real ones have. */
function secondMoment(width: number, random: LegacyRandom): Float64Array {
  const rows = 4 * width;
  const samples = normals(rows * width, random).map((value, at) => value / Math.sqrt(1 + (at % width)));
  const c = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += samples[row * width + i]! * samples[row * width + j]!;
      c[i * width + j] = sum / rows;
    }
  }
  return c;
}

/** Keys L x̃ of unit vectors x̃ = √(1 − overlap) e + √overlap c, with all e orthogonal as long as there is room. */
function makeKeys(
  { facts, width, overlap }: ConstructedMemoryRequest,
  { lower }: CholeskyFactor,
  random: LegacyRandom,
): Float64Array[] {
  const own: Float64Array[] = [];
  for (let fact = 0; fact < facts; fact++) own.push(unit(without(normals(width, random), own.slice(0, fact < width ? fact : 0)))); // prettier-ignore
  const common = unit(normals(width, random));
  return own.map((direction) => {
    const whitened = direction.map(
      (value, at) => Math.sqrt(1 - overlap) * value + Math.sqrt(overlap) * common[at]!,
    );
    return recall(lower, whitened);
  });
}

/** Gram-Schmidt, twice, so that rounding leaves nothing. */
function without(vector: Float64Array, others: readonly Float64Array[]): Float64Array {
  let left = vector;
  for (const other of [...others, ...others]) {
    const along = dot(left, other);
    left = left.map((value, at) => value - along * other[at]!);
  }
  return left;
}

function unit(vector: Float64Array): Float64Array {
  const length = norm(vector);
  return vector.map((value) => value / length);
}

function matrixOf(keys: readonly Float64Array[], factor: CholeskyFactor): Float64Array<ArrayBuffer> {
  const all = new Float64Array(keys.length * factor.n);
  keys.forEach((key, row) => all.set(key, row * factor.n));
  return interferenceMatrix(runAtOnce(gramSteps(runAtOnce(whitenSteps(factor, all)), factor.n)), keys.length);
}

function largestOffDiagonal(matrix: Float64Array, n: number): number {
  return matrix.reduce((most, p, at) => (at % (n + 1) === 0 ? most : Math.max(most, Math.abs(p))), 0);
}
