/** How much of the answers' probability the corruption takes away: clean and corrupted runs only, nothing restored. */
import type { TraceRequest } from "../../src/domain/trace";
import type { Model } from "../../src/model/model";
import { averageOf } from "../../src/tracing/average";
import { makeBaselines, summarise } from "../../src/tracing/baselines";

export type TracedQuestion = { prompt: string; subject: string };

/** Means with 95 % intervals at three sigma, ten samples, seed 1: what `trace` uses unless told otherwise. */
export async function totalEffect(model: Model, questions: readonly TracedQuestion[], sigma: number) {
  const { signal } = new AbortController();
  const clean: number[] = [];
  const corrupted: number[] = [];
  for (const { prompt, subject } of questions) {
    const request: TraceRequest = {
      ...{
        prompt,
        subject: { start: prompt.indexOf(subject), end: prompt.indexOf(subject) + subject.length },
      },
      ...{ kind: "state", window: 10, samples: 10, noise: "3sigma", seed: 1 },
      ...{ severedNoise: "published", naive: false },
    };
    const baselines = await makeBaselines(model, request, sigma, signal);
    try {
      const summary = await summarise(model, request, baselines, signal);
      clean.push(summary.clean);
      corrupted.push(summary.corrupted);
    } finally {
      baselines.dispose();
    }
  }
  return {
    facts: clean.length,
    clean: averageOf(clean),
    corrupted: averageOf(corrupted),
    total: averageOf(clean.map((p, index) => p - corrupted[index]!)),
  };
}
