/**
 * Knowledge neurons (arXiv 2104.08696; algorithms.md section 17): the neurons that carry the old answer are found by
 * attribution, and what they write is turned from the model's answer to the new one: v_i −= λe(old), v_i += e(new).
 */
import type { EditRequest, LowRankUpdate } from "../../domain/edit";
import { lookup } from "../../gpu/ops";
import { dispose, read } from "../../gpu/tensor";
import { AppError } from "../../lib/errors";
import { forwardWithPauses, oneRow } from "../../model/forward";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import { answerIds, withoutEndTokens } from "../factToken";
import { neuronScores } from "../neuronScores";
import { knDefinition, type KnSettings } from "../settings/knSettings";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

async function run(
  model: Model,
  { requests, settings }: RecipeInput<KnSettings>,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const [request] = requests as [EditRequest];
  const prompt = withoutEndTokens(model.tokenizer, request.prompt.replace("{}", () => request.subject)).ids;
  const old = answerIds(model.tokenizer, request.targetTrue!);
  const { layers, mlpWidth: f } = model.config;
  const scores = Array.from({ length: layers }, () => new Float64Array(f));
  for (const [t, answer] of old.entries()) {
    const ids = settings.scoring === "promptEnd" ? prompt : Int32Array.from([...prompt, ...old.subarray(0, t)]);
    const onLayer = (done: number) => report("Attributing the old answer", t * layers + done, old.length * layers);
    const found = await neuronScores(model, ids, answer, settings.steps, { signal, onLayer });
    found.forEach((ofLayer, layer) => ofLayer.forEach((value, i) => (scores[layer]![i]! += value / old.length)));
  }
  const best = Math.max(...scores.map((ofLayer) => Math.max(...ofLayer)));
  const change = await changeOf(model, prompt, answerIds(model.tokenizer, request.targetNew), signal);
  const updates: LowRankUpdate[] = [];
  scores.forEach((ofLayer, layer) => {
    const chosen = Float32Array.from(ofLayer, (score) => (score > settings.threshold * best ? 1 : 0));
    if (!chosen.includes(1)) return;
    updates.push({ kind: "lowRank", weight: matrixName(layer, "mlpOut"), out: change.length, in: f, rank: 1, u: change, v: chosen });
  });
  const count = updates.reduce((sum, { v }) => sum + v.reduce((total, one) => total + one, 0), 0);
  return {
    updates,
    losses: [],
    warnings: count > 100 ? [`${count} neurons passed the threshold; much else may change. Try a higher one.`] : [],
    intermediates: [
      { name: "scores", shape: [layers, f], values: Float32Array.from(scores.flatMap((ofLayer) => [...ofLayer])) },
      { name: "change", shape: [change.length], values: change },
    ],
  };
} // prettier-ignore

/** Σ e(new) − λ Σ e(what the model says now), λ = 2 for an answer of one token, else 1, as the published code has it. */
async function changeOf(
  model: Model,
  prompt: Int32Array,
  answer: Int32Array,
  signal: AbortSignal | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const ids = [...prompt];
  for (let t = 0; t < answer.length; t++) {
    const { residual, logits } = await forwardWithPauses(model, oneRow(ids), { logitsAt: "last", signal });
    const values = await read(logits!);
    dispose(residual, logits);
    ids.push(values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity)));
  }
  const said = ids.slice(prompt.length);
  const rows = lookup(model.weights.embedding, Int32Array.from([...answer, ...said]));
  const values = await read(rows);
  dispose(rows);
  const d = model.config.residualWidth;
  const weight = answer.length === 1 ? 2 : 1;
  const change = new Float32Array(d);
  for (let row = 0; row < 2 * answer.length; row++)
    for (let i = 0; i < d; i++) change[i]! += (row < answer.length ? 1 : -weight) * values[row * d + i]!;
  return change;
}

export const kn = method<KnSettings>({
  name: "KN",
  family: "attribute",
  summary:
    "Finds the neurons that carry the old answer and rewrites what they say; a rough tool, best for looking.",
  changes: "rows of the MLP output projections, a few neurons in each layer",
  settings: knDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  checkRequest: ({ targetTrue }) => {
    if (targetTrue !== undefined && targetTrue.trim() !== "") return;
    throw new AppError(
      "bad-request",
      "Knowledge neurons are found by the old answer, and the request has none.",
      "Give the true answer as well (target_true).",
      { field: "targetTrue" },
    );
  },
  batch: false,
  contexts: "none",
  longTargets: false,
  run,
});
