/**
 * One request turned into an edit: settings read, request and statistics checked before any work, the method run, the
 * result described. Computes on the weights in use and changes nothing; putting it on the stack is the caller's.
 */
import type { EditCall, EditPartial, NamedTensor } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import { AppError, invariant } from "../lib/errors";
import { createPace } from "../lib/pace";
import type { SpdFactor } from "../linalg/solveSpd";
import type { Model } from "../model/model";
import { checkContexts } from "./contexts";
import { checkRequest } from "./factToken";
import { rome } from "./methods/rome";
import { readRomeSettings } from "./settings/romeSettings";
import type { ComputedEdit } from "./stack";
import { factorStatistics, hashMoment, type Statistics } from "./statistics";

export type ComputeOptions = CallContext<EditPartial> & {
  contexts: readonly string[];
  /** Needed when the settings use the second moment. */
  statistics?: Statistics | undefined;
};

export type ComputedResult = { edit: ComputedEdit; warnings: string[]; intermediates: NamedTensor[] };

/** Fewer keys than this many times the width leave C poorly known (algorithms.md 0.6). */
const ENOUGH_TOKENS_PER_DIMENSION = 10;

/**
 * Throws AppError `bad-request` (naming the field), `bad-statistics`, `singular-matrix`, `prompt-too-long`,
 * `not-finite`, `cancelled`. Nothing stays allocated then.
 */
export async function computeEdit(
  model: Model,
  call: EditCall,
  options: ComputeOptions,
): Promise<ComputedResult> {
  const [request] = call.requests;
  invariant(request && call.requests.length === 1, "ROME edits one fact at a time");
  const { settings } = readRomeSettings(call.settings, model.config);
  checkRequest(request);
  checkContexts(options.contexts);
  const { contexts, statistics, signal, onProgress } = options;
  const secondMoment = settings.useSecondMoment
    ? await factorOf(model, statistics, settings.layer, signal)
    : undefined;
  const pace = createPace();
  const result = await rome(
    model,
    { request, settings, contexts, secondMoment },
    {
      signal,
      onStep: (losses) => {
        const secondsLeft = pace(losses.length, settings.steps);
        const left = secondsLeft === undefined ? {} : { secondsLeft };
        onProgress(
          { note: "Optimising the new value", done: losses.length, total: settings.steps, ...left },
          { losses: [...losses] },
        );
      },
    },
  );
  assertFinite(
    result.updates.flatMap((update) => (update.kind === "dense" ? [update.values] : [update.u, update.v])),
  );
  const moment = statistics?.layers.get(settings.layer);
  return {
    edit: {
      name: call.name ?? `${request.subject} → ${request.targetNew.trim()}`,
      method: call.method,
      settings,
      requests: [request],
      updates: result.updates,
      losses: result.losses,
      seed: call.seed,
      statisticsHash: secondMoment && moment ? await hashMoment(moment) : "",
      contexts,
      created: new Date().toISOString(),
    },
    warnings: [...statisticsWarnings(secondMoment, moment?.tokens ?? 0), ...result.warnings],
    intermediates: result.intermediates,
  };
}

async function factorOf(
  model: Model,
  statistics: Statistics | undefined,
  layer: number,
  signal: AbortSignal,
): Promise<SpdFactor> {
  if (statistics) return factorStatistics(statistics, layer, model.config.mlpWidth, signal);
  throw new AppError(
    "bad-statistics",
    "ROME needs second moments of the model's keys, and there are none.",
    "Collect statistics first, or switch useSecondMoment off.",
  );
}

function statisticsWarnings(factor: SpdFactor | undefined, tokens: number): string[] {
  if (!factor) return [];
  const warnings: string[] = [];
  if (factor.ridge > 0) {
    warnings.push(
      `The second moment is singular: a ridge of ${factor.ridge} · tr(C)/f was added to solve with it.`,
    );
  }
  if (tokens > 0 && tokens < ENOUGH_TOKENS_PER_DIMENSION * factor.n) {
    warnings.push(
      `The statistics come from ${tokens} tokens; for keys ${factor.n} wide, ten times as many as that are advisable.`,
    );
  }
  return warnings;
}

function assertFinite(arrays: readonly Float32Array[]): void {
  if (arrays.every((values) => values.every(Number.isFinite))) return;
  throw new AppError(
    "not-finite",
    "The edit came out with numbers that are not finite.",
    "Try a smaller learning rate, or another layer.",
  );
}
