/**
 * ROME (arXiv 2202.05262; algorithms.md section 2): one fact, one layer, ΔW = Λ uᵀ.
 * Symbols: k key [f], m output [d], C second moment [f, f], v* target [d], u direction [f], Λ value [d].
 */
import type { EditRequest, RomeSettings } from "../../domain/edit";
import { norm } from "../../linalg/norms";
import type { SpdFactor } from "../../linalg/solveSpd";
import type { TensorToWrite } from "../../loading/safetensors/writeSafetensors";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import { answerIds, locateFactToken } from "../factToken";
import { collectKeys, meanKey } from "../keys";
import { targetRows } from "../targetRows";
import { optimiseTarget, type OptimisedTarget } from "../targets";
import { rankOneUpdate, type KeyAndOutput, type RankOne } from "../updateRules";
import { storedChange } from "../storedChange";
import { rankOneFactors } from "../weightUpdates";
import type { MethodContext, MethodResult } from "./method";

export type RomeInput = {
  request: EditRequest;
  settings: RomeSettings;
  /** Context templates; the first one is `{}`, the bare prompt. */
  contexts: readonly string[];
  /** Factor of C for the edited layer; required when `settings.useSecondMoment`. */
  secondMoment: SpdFactor | undefined;
};

/** The prompt whose next-token distribution at the subject should not drift. */
const ESSENCE = "{} is a";

/** Below this share of ‖k‖, k · u makes Λ explode (algorithms.md 2.6). */
const SMALL_DENOMINATOR = 1e-2;

/** Computes the update on the weights in use and changes nothing. Throws AppError `cancelled`, `prompt-too-long`. */
export async function rome(
  model: Model,
  { request, settings, contexts, secondMoment }: RomeInput,
  { signal, onStep }: MethodContext = {},
): Promise<MethodResult> {
  const { layer, factToken } = settings;
  const { prompt, subject, targetNew } = request;
  const texts = contexts.map((context) =>
    locateFactToken(model.tokenizer, context, prompt, subject, factToken),
  );
  const essence = locateFactToken(model.tokenizer, "{}", ESSENCE, subject, "subject_last");

  const pairs = await collectKeys(model, layer, texts, signal);
  const rows = targetRows(texts, answerIds(model.tokenizer, targetNew), essence);
  const optimised = await optimiseTarget(model, rows, { layer, kind: "mlpRaw" }, settings, {
    signal,
    onStep,
  });
  const [bare, mean] = [pairs[0]!, meanKey(pairs)];
  const update = rankOneUpdate({ bare, mean, target: optimised.target, choice: settings.key, secondMoment });
  const factors = rankOneFactors(matrixName(layer, "mlpOut"), update.value, update.direction);
  return {
    updates: [factors],
    losses: [optimised.steps],
    warnings: warnings(request, settings, optimised, update),
    intermediates: [...intermediates(mean, optimised, update), storedChange(model, "delta_w", factors)],
  };
}

function warnings(
  { subject, targetNew }: EditRequest,
  { earlyStopLoss }: RomeSettings,
  { steps }: OptimisedTarget,
  { denominator, used }: RankOne,
): string[] {
  const found: string[] = [];
  if (Math.abs(denominator) < SMALL_DENOMINATOR * norm(used.key)) {
    found.push(
      `The key of “${subject}” hardly points along the edit (k·u is ${(denominator / norm(used.key)).toExponential(1)} of ‖k‖): ` +
        "the update is large and may disturb other facts. Try the key choice “mean” or “bare”.",
    );
  }
  const last = steps.at(-1)!;
  if (last.total >= earlyStopLoss && last.targetProbability < 0.5) {
    const reached = `${(100 * last.targetProbability).toFixed(1)} %`;
    found.push(
      `The optimisation did not reach “${targetNew}”: its probability is ${reached} after ${steps.length} passes. ` +
        "Try more steps, another layer, or a larger clampNormFactor.",
    );
  }
  return found;
}

/** Under the names of the fixtures; `delta` is the vector of the last forward pass. */
function intermediates(
  mean: KeyAndOutput,
  { target, targetInit, deltas }: OptimisedTarget,
  { direction, value, used, denominator }: RankOne,
): TensorToWrite[] {
  return [
    vector("k_mean", mean.key),
    vector("k", used.key),
    vector("k_used", used.key),
    vector("m_used", used.output),
    vector("u", direction),
    vector("v", value),
    vector("v_star", target),
    vector("target_init", targetInit),
    vector("delta", deltas.at(-1)!),
    matrix("delta_per_step", Float64Array.from(deltas.flatMap((delta) => [...delta])), deltas.length),
    vector("k_dot_u", Float64Array.of(denominator)),
  ];
}

const vector = (name: string, values: Float64Array): TensorToWrite => ({
  name,
  shape: [values.length],
  values: Float32Array.from(values),
});

const matrix = (name: string, values: Float64Array, rows: number): TensorToWrite => ({
  name,
  shape: [rows, values.length / rows],
  values: Float32Array.from(values),
});
