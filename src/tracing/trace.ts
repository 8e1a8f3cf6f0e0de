/**
 * Causal tracing of one fact (ROME section 2; algorithms.md 1): corrupt the subject's embeddings, restore one state at a
 * time, see how much of the answer's probability comes back. This file runs the job; which runs it takes is said in
 * tracePlans (fast) and naiveTrace (the slow twin).
 */
import type { CallContext } from "../domain/progress";
import type { TracePartial, TraceRequest, TraceResult } from "../domain/trace";
import type { Model } from "../model/model";
import { makeBaselines, summarise, type Baselines, type BaselineSummary } from "./baselines";
import { naiveCell } from "./naiveTrace";
import type { NoiseReference } from "./noise";
import { meanAndSpread, outward, peakOf } from "./scores";
import { sweepToken, sweepWork } from "./sweep";
import { severedPlan, statePlan, untouchedPlan, windowPlan, type TokenPlan } from "./tracePlans";
import { createTraceProgress } from "./traceProgress";

/**
 * Traces every token and layer. Rows arrive through `onProgress`, the subject's last token first. `reference`
 * sets the noise level for `3sigma`.
 * @throws AppError subject-not-in-prompt, subject-ambiguous, empty-prompt, prompt-too-long, bad-request, cancelled
 */
export async function trace(
  model: Model,
  request: TraceRequest,
  reference: NoiseReference,
  context: CallContext<TracePartial>,
): Promise<TraceResult> {
  const started = performance.now();
  const baselines = await makeBaselines(model, request, reference, context.signal);
  try {
    const summary = await summarise(model, request, baselines, context.signal);
    const { scores, spread } = await traceRows({ model, request, baselines, summary, context });
    const { prompt, noise } = baselines;
    const { answer, next, clean, corrupted, corruptedSamples, warnings } = summary;
    return {
      prompt: request.prompt,
      tokens: prompt.tokens,
      subject: prompt.subject,
      ...{ answer, clean, corrupted, corruptedSamples },
      noise: { level: noise.level, sigma: noise.sigma, seed: request.seed },
      kind: request.kind,
      window: request.window,
      ...(request.sever ? { sever: request.sever } : {}),
      ...{ scores, spread, next, warnings },
      peak: peakOf(scores),
      milliseconds: performance.now() - started,
    };
  } finally {
    baselines.dispose();
  }
}

type Job = {
  model: Model;
  request: TraceRequest;
  baselines: Baselines;
  summary: BaselineSummary;
  context: CallContext<TracePartial>;
};

async function traceRows(job: Job): Promise<{ scores: number[][]; spread: number[][] }> {
  const { model, request, baselines, summary, context } = job;
  const { tokens, subject } = baselines.prompt;
  const { layers } = model.config;
  const order = outward(subject.end - 1, tokens.length);
  const plans = order.map((token) => ({ token, plan: planOf(request, baselines, token) }));
  const work = request.naive
    ? tokens.length * layers
    : plans.reduce((total, { plan }) => total + sweepWork(plan.sweep, baselines.scored), 0);
  const progress = createTraceProgress(work, order.length, context.onProgress);
  const scores: number[][] = tokens.map(() => []);
  const spread: number[][] = tokens.map(() => []);
  for (const { token, plan } of plans) {
    const row = request.naive ? naiveRow(job, token, progress.step) : sweptRow(job, plan, progress.step);
    const cells = (await row).map(meanAndSpread);
    scores[token] = cells.map((cell) => cell.mean);
    spread[token] = cells.map((cell) => cell.spread);
    progress.row({
      tokens,
      subject: { start: subject.start, end: subject.end },
      answer: summary.answer,
      clean: summary.clean,
      corrupted: summary.corrupted,
      layers,
      token,
      scores: scores[token],
      spread: spread[token],
    });
  }
  return { scores, spread };
}

function planOf(request: TraceRequest, { prompt, first, scored, site }: Baselines, token: number): TokenPlan {
  if (token < prompt.subject.start) return untouchedPlan(scored, token);
  if (site === undefined) return statePlan(scored, token);
  return request.sever
    ? severedPlan(scored, first, token, site)
    : windowPlan(first, token, site, request.window);
}

/** The answer's probabilities [layer][sample] of one token, all layers in one sweep. */
async function sweptRow(
  { model, summary, baselines, context }: Job,
  { sweep, sources }: TokenPlan,
  onStep: (work: number) => void,
): Promise<ArrayLike<number>[]> {
  const kept = baselines.scored;
  const runs = await sweepToken(sweep, {
    model,
    kept,
    answer: summary.answer.id,
    signal: context.signal,
    onStep,
  });
  const known = {
    clean: summary.corruptedSamples.map(() => summary.clean),
    corrupted: summary.scoredSamples,
  };
  return sources.map((source) => (typeof source === "number" ? runs[source]! : known[source]));
}

/** The same, one whole forward pass per layer. */
async function naiveRow(
  { model, request, baselines, summary, context }: Job,
  token: number,
  onStep: (work: number) => void,
): Promise<ArrayLike<number>[]> {
  const { first, scored, site } = baselines;
  const kind = request.kind === "state" ? ("state" as const) : ("window" as const);
  const recorded = request.sever ? first : undefined;
  const rows: Float32Array[] = [];
  for (let layer = 0; layer < model.config.layers; layer++) {
    const intervention = { token, layer, kind, site, window: request.window, recorded };
    rows.push(await naiveCell(intervention, summary.answer.id, { model, scored, signal: context.signal }));
    onStep(1);
  }
  return rows;
}
