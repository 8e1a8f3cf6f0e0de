/** The clean and corrupted runs that everything restored is compared with, and what they say about the prompt. */
import { gatherRows } from "../gpu/ops";
import { dispose } from "../gpu/tensor";
import type { TokenChoice } from "../domain/model";
import type { TraceRequest, TraceWarning } from "../domain/trace";
import type { Model } from "../model/model";
import { answerToken, likeliestNext, traceWarnings } from "./answer";
import { answerProbabilities } from "./answerProbability";
import { KeptRun, type OutputSite } from "./keptRun";
import { corruptedEmbedding, type NoiseReference } from "./noise";
import { drawTraceNoise, readRequest, type TracedPrompt, type TraceNoise } from "./request";
import { meanAndSpread } from "./scores";

/** `scored` is the run that restored ones branch off from; another one than `first` only under published severing. */
export type Baselines = {
  prompt: TracedPrompt;
  noise: TraceNoise;
  first: KeptRun;
  scored: KeptRun;
  /** The sub-module that is restored in windows, or severed. */
  site: OutputSite | undefined;
  dispose(): void;
};

/** Probabilities are of the answer. */
export type BaselineSummary = {
  answer: { id: number; text: string };
  next: TokenChoice[];
  clean: number;
  corrupted: number;
  corruptedSamples: number[];
  /** The same for the run that restored ones branch off from. */
  scoredSamples: number[];
  warnings: TraceWarning[];
};

/** How many of the clean run's next tokens a result lists. */
const NEXT_TOKENS = 5;

/** @throws AppError subject-not-in-prompt, subject-ambiguous, empty-prompt, prompt-too-long, bad-request, cancelled */
export async function makeBaselines(
  model: Model,
  request: TraceRequest,
  reference: NoiseReference,
  signal: AbortSignal,
): Promise<Baselines> {
  const prompt = readRequest(model, request);
  const noise = await drawTraceNoise(model, request, prompt, reference, signal);
  const site = outputSite(request);
  const run = async (values: TraceNoise["first"], wanted: OutputSite | undefined): Promise<KeptRun> =>
    KeptRun.make(model, await corruptedEmbedding(model, prompt.ids, prompt.subject, values), wanted, signal);
  const first = await run(noise.first, site);
  if (noise.scored === noise.first)
    return { prompt, noise, first, scored: first, site, dispose: () => first.dispose() };
  try {
    const scored = await run(noise.scored, undefined);
    const free = (): void => [first, scored].forEach((kept) => kept.dispose());
    return { prompt, noise, first, scored, site, dispose: free };
  } catch (error) {
    first.dispose();
    throw error;
  }
}

function outputSite({ kind, sever }: TraceRequest): OutputSite | undefined {
  const part = sever ?? (kind === "state" ? undefined : kind);
  return part === undefined ? undefined : part === "mlp" ? "mlpOut" : "attnOut";
}

/** Settles the answer and its probability in the clean and the corrupted runs. */
export async function summarise(
  model: Model,
  request: TraceRequest,
  { first, scored }: Baselines,
  signal: AbortSignal,
): Promise<BaselineSummary> {
  const rows = first.lastRows();
  const scoredRows = scored === first ? undefined : scored.lastRows();
  const cleanRow = gatherRows(rows, [0]);
  try {
    const next = await likeliestNext(model, cleanRow, Math.min(NEXT_TOKENS, model.config.vocabularySize));
    const best = next[0]!;
    const answer = answerToken(model, request, best);
    const [clean, ...corruptedSamples] = await answerProbabilities(model, rows, answer.id, signal);
    const scoredSamples = scoredRows
      ? [...(await answerProbabilities(model, scoredRows, answer.id, signal))].slice(1)
      : corruptedSamples;
    const seen = { answer, clean: clean!, corrupted: meanAndSpread(corruptedSamples).mean };
    return {
      ...seen,
      next,
      corruptedSamples,
      scoredSamples,
      warnings: traceWarnings(request, { ...seen, best }),
    };
  } finally {
    dispose(rows, scoredRows, cleanRow);
  }
}
