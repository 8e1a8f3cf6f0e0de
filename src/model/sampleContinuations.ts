/** Samples several continuations of one prompt side by side: the context templates of the editing methods. */
import { continueTokens } from "./continueTokens";
import type { Model } from "./model";
import { createSampler, type SamplingOptions } from "./sampling";

type SampleRequest = SamplingOptions & {
  prompt: Int32Array;
  samples: number;
  /** Tokens added to the prompt; end tokens do not end a sample (algorithms.md 0.5). */
  newTokens: number;
};

/**
 * The new ids of every sample. All rows draw from one stream of random numbers, row by row at every step.
 * Throws `prompt-too-long`, `cancelled`.
 */
export async function sampleContinuations(
  model: Model,
  { prompt, samples, newTokens, ...sampling }: SampleRequest,
  signal?: AbortSignal,
): Promise<number[][]> {
  const rows = Array.from({ length: samples }, (): number[] => []);
  const ids = Int32Array.from(
    { length: samples * prompt.length },
    (_, index) => prompt[index % prompt.length]!,
  );
  const batch = { batch: samples, positions: prompt.length, ids };
  if (newTokens === 0) return rows;
  for await (const step of continueTokens(model, batch, { sampler: createSampler(sampling), signal })) {
    step.ids.forEach((id, row) => rows[row]!.push(id));
    if (rows[0]!.length === newTokens) break;
  }
  return rows;
}
