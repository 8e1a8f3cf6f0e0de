/**
 * The corruption of causal tracing (algorithms.md 1.2 step 4, 1.3): Gaussian noise on the subject's token embeddings,
 * before positions are added. Symbols: N samples, e - b subject tokens, d residual width, ν noise level, σ standard
 * deviation of the embeddings of known subjects.
 */
import { add, lookup, scale, slice } from "../gpu/ops";
import { dispose, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { AppError, invariant } from "../lib/errors";
import type { LegacyRandom } from "../lib/random/legacyRandom";
import type { Model } from "../model/model";
import { encodeTexts } from "../model/tokenizer/encodeTexts";
import type { TokenRange } from "./subject";

/** What sets three sigma: σ itself, or the subjects whose embeddings give it. */
export type NoiseReference = number | readonly string[];

/** σ of a reference; 0 when there are no subjects, which only an absolute noise level can do without. */
export async function referenceDeviation(
  model: Model,
  reference: NoiseReference,
  signal?: AbortSignal,
): Promise<number> {
  if (typeof reference === "number") return reference;
  return reference.length > 0 ? embeddingDeviation(model, reference, signal) : 0;
}

/** Rows of the embedding table read at once. */
const ROWS_AT_ONCE = 2048;

/**
 * σ: the unbiased standard deviation over all scalars of the embeddings of all distinct subjects, each tokenised alone,
 * special tokens included as the tokenizer adds them. Rounded to float32, as the published code has it.
 */
export async function embeddingDeviation(
  model: Model,
  subjects: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  const counts = new Map<number, number>();
  for (const ids of await encodeTexts(model.tokenizer, [...new Set(subjects)], signal)) {
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const scalars =
    [...counts.values()].reduce((total, count) => total + count, 0) * model.config.residualWidth;
  if (scalars < 2)
    throw new AppError("bad-request", "The noise level needs at least one subject.", "Give a number.");
  const mean = (await sumOverScalars(model, counts, (x) => x)) / scalars;
  const squares = await sumOverScalars(model, counts, (x) => (x - mean) ** 2);
  return Math.fround(Math.sqrt(squares / (scalars - 1)));
}

async function sumOverScalars(
  model: Model,
  counts: ReadonlyMap<number, number>,
  term: (x: number) => number,
): Promise<number> {
  const ids = [...counts.keys()];
  let total = 0;
  for (let first = 0; first < ids.length; first += ROWS_AT_ONCE) {
    const chunk = ids.slice(first, first + ROWS_AT_ONCE);
    const values = await tokenEmbeddings(model, chunk);
    const width = model.config.residualWidth;
    chunk.forEach((id, row) => {
      let sum = 0;
      for (let i = row * width; i < (row + 1) * width; i++) sum += term(values[i]!);
      total += counts.get(id)! * sum;
    });
  }
  return total;
}

/** Output of the embedding lookup, [tokens, d] row-major, scaled where the family does. */
async function tokenEmbeddings({ config, weights }: Model, ids: ArrayLike<number>): Promise<Float32Array> {
  const embedded = tidy(() => {
    const x = lookup(weights.embedding, Int32Array.from(ids));
    return config.embeddingScale === 1 ? x : scale(x, config.embeddingScale);
  });
  const values = await read(embedded);
  dispose(embedded);
  return values;
}

/** The next N·(e-b)·d normals times ν, row-major over sample, subject token, channel; float64 as in the published code. */
export function drawNoise(random: LegacyRandom, count: number, level: number): Float64Array {
  return Float64Array.from({ length: count }, () => level * random.normal());
}

/**
 * Input of block 0 for the clean run (row 0) and the N corrupted ones, [N + 1, T, d]. Noise [N, e - b, d] is added in
 * float64 and the sum rounded once; then positions are added.
 */
export async function corruptedEmbedding(
  model: Model,
  ids: Int32Array,
  subject: TokenRange,
  noise: Float64Array | Float32Array,
): Promise<Tensor> {
  const width = model.config.residualWidth;
  const positions = ids.length;
  const perSample = (subject.end - subject.start) * width;
  const samples = noise.length / perSample;
  invariant(
    Number.isInteger(samples),
    `noise of ${noise.length} values is [N, ${subject.end - subject.start}, ${width}]`,
  );
  const clean = await tokenEmbeddings(model, ids);
  const rows = new Float32Array((samples + 1) * clean.length);
  for (let row = 0; row <= samples; row++) rows.set(clean, row * clean.length);
  for (let sample = 0; sample < samples; sample++) {
    const target = (sample + 1) * clean.length + subject.start * width;
    for (let i = 0; i < perSample; i++) rows[target + i]! += noise[sample * perSample + i]!;
  }
  return tidy(() => {
    const embedded = tensor(rows, [samples + 1, positions, width]);
    const learned = model.weights.positions;
    return learned === undefined ? embedded : add(embedded, slice(learned, [0, 0], [positions, width]));
  });
}
