/** Token after token: the loop under generation and context sampling. When to stop and what to show is left to callers. */
import { dispose, read, type Tensor } from "../gpu/tensor";
import { assertFiniteAnswer } from "../lib/finite";
import { KeyValueCache } from "./cache";
import { forwardWithPauses, type TokenBatch } from "./forward";
import type { Model } from "./model";
import type { Sampler } from "./sampling";

type ContinueOptions = {
  /** Chooses for the rows in order, every step. */
  sampler: Sampler;
  signal?: AbortSignal | undefined;
  /** False reads the whole text again for every token: the slow twin. */
  cached?: boolean;
};

/** One step: the chosen id of every row, and the logits [batch, V] they were chosen from. */
export type ContinuedStep = { ids: Int32Array; logits: Float32Array };

/** Long prompts are read in pieces, so that a cancel need not wait for the whole of one. */
export const PIECE = 128;

/**
 * Continues every row of a batch, up to the model's context length; the caller stops earlier by leaving the loop.
 * Throws `prompt-too-long` and `cancelled`; nothing stays allocated whatever happens.
 */
export async function* continueTokens(
  model: Model,
  prompt: TokenBatch,
  { sampler, signal, cached = true }: ContinueOptions,
): AsyncGenerator<ContinuedStep, void, void> {
  const cache = new KeyValueCache();
  const { batch } = prompt;
  let pending = prompt;
  try {
    for (let length = prompt.positions; ; length++) {
      const logits = cached
        ? await readOn(model, pending, cache, signal)
        : await nextLogits(model, pending, undefined, signal);
      const width = logits.length / batch;
      const ids = Int32Array.from({ length: batch }, (_, row) =>
        sampler(logits.subarray(row * width, (row + 1) * width)),
      );
      yield { ids, logits };
      if (length === model.config.contextLength) return;
      pending = cached ? { batch, positions: 1, ids } : appendColumn(pending, ids);
    }
  } finally {
    cache.dispose();
  }
}

/** Reads tokens into the cache, piece by piece; logits [batch, V] after the last. */
async function readOn(
  model: Model,
  tokens: TokenBatch,
  cache: KeyValueCache,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  let first = 0;
  for (; tokens.positions - first > PIECE; first += PIECE) {
    const options = { cache, signal, logitsAt: "none", lastQueryOnly: true } as const;
    dispose((await forwardWithPauses(model, columns(tokens, first, PIECE), options)).residual);
  }
  return nextLogits(model, columns(tokens, first, tokens.positions - first), cache, signal);
}

async function nextLogits(
  model: Model,
  tokens: TokenBatch,
  cache: KeyValueCache | undefined,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const options = {
    signal,
    logitsAt: "last",
    lastQueryOnly: true,
    ...(cache === undefined ? {} : { cache }),
  } as const;
  const { residual, logits } = await forwardWithPauses(model, tokens, options);
  dispose(residual);
  return readAndFree(logits!);
}

async function readAndFree(logits: Tensor): Promise<Float32Array> {
  try {
    return assertFiniteAnswer(await read(logits));
  } finally {
    dispose(logits);
  }
}

function columns({ batch, positions, ids }: TokenBatch, first: number, count: number): TokenBatch {
  if (count === positions) return { batch, positions, ids };
  const cut = new Int32Array(batch * count);
  for (let row = 0; row < batch; row++) {
    cut.set(ids.subarray(row * positions + first, row * positions + first + count), row * count);
  }
  return { batch, positions: count, ids: cut };
}

function appendColumn({ batch, positions, ids }: TokenBatch, column: Int32Array): TokenBatch {
  const wider = new Int32Array(batch * (positions + 1));
  for (let row = 0; row < batch; row++) {
    wider.set(ids.subarray(row * positions, (row + 1) * positions), row * (positions + 1));
    wider[row * (positions + 1) + positions] = column[row]!;
  }
  return { batch, positions: positions + 1, ids: wider };
}
