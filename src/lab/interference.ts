/** What an edit would disturb, told before it is made, and compared with what it did. */
import type { CallContext } from "../domain/progress";
import type {
  Fact,
  InterferenceCheck,
  InterferenceCheckRequest,
  InterferencePreview,
  InterferencePreviewRequest,
} from "../domain/superposition";
import { readCallSettings } from "../editing/computeEdit";
import { methodNamed } from "../editing/methods/methods";
import { statisticsWarnings } from "../editing/statisticsWarnings";
import { scoreAnswers, type AnswerScore } from "../evaluation/probes";
import { AppError } from "../lib/errors";
import { compareInterference } from "../superposition/compareInterference";
import { locateFacts, templateOf } from "../superposition/locateFacts";
import { previewInterference } from "../superposition/previewInterference";
import { gatherInputs } from "./editInputs";
import { loadedModel, type LoadedState, type Session } from "./session";

/**
 * Coefficients of an edit on a list of facts, on the weights in use; nothing is changed.
 * @throws AppError bad-request (also for methods without a closed form), bad-statistics, singular-matrix, cancelled
 */
export async function findPreview(
  session: Session,
  { call, facts }: InterferencePreviewRequest,
  context: CallContext<never>,
): Promise<InterferencePreview> {
  const { model, stack } = loadedModel(session);
  const { settings } = readCallSettings(call, model);
  const { contexts, statistics } = await gatherInputs(session, call, settings, context);
  const keptKeys = stack.edits.filter(({ enabled }) => enabled).flatMap(({ keptKeys: kept = [] }) => kept);
  const inputs = { contexts, statistics, keptKeys, signal: context.signal };
  const preview = await previewInterference(model, call, facts, inputs);
  const method = methodNamed(call.method);
  const ofC = await statisticsWarnings(method, model, statistics, method.statisticsLayers(settings));
  return { ...preview, warnings: [...ofC, ...preview.warnings] };
}

/**
 * An edit of the stack against the weights below it. The stack is as it was afterwards, whatever happens.
 * @throws AppError bad-request, cancelled
 */
export async function checkInterference(
  session: Session,
  { id, facts }: InterferenceCheckRequest,
  context: CallContext<never>,
): Promise<InterferenceCheck> {
  const state = loadedModel(session);
  const { model, stack } = state;
  const all = stack.edits;
  const index = all.findIndex((edit) => edit.id === id);
  const edit = all[index];
  if (!edit) throw new AppError("bad-request", "That edit is no longer in the stack.", "Choose another.");
  const { kept, texts, skipped } = locateFacts(model, facts);
  const on = async <Result>(edits: typeof all, body: () => Promise<Result>): Promise<Result> => {
    await stack.goBackTo(edits);
    return body();
  };
  const [lower, upper] = [all.slice(0, index), [...all.slice(0, index), { ...edit, enabled: true }]];
  const asked = kept.map((place) => facts[place]!);
  try {
    const before = await on(lower, () => answers(state, asked, "before", context));
    const layers = await compareInterference({
      model,
      updates: edit.updates,
      texts,
      below: (body) => on(lower, body),
      edited: (body) => on(upper, body),
      signal: context.signal,
    });
    // Asked whatever the edit changes: what stands beside or around the model has no keys to predict from.
    const after = await on(upper, () => answers(state, asked, "after", context));
    const probabilities = before.map((p, at) => ({ before: p, after: after[at] ?? null }));
    return { kept, skipped, layers, probabilities };
  } finally {
    await stack.goBackTo(all);
  }
}

/** Questions between two reports of progress. */
const TOLD_AT_ONCE = 64;

/** Probability of every fact's own answer; null for those that name none. */
async function answers(
  { model }: LoadedState,
  facts: readonly Fact[],
  when: "before" | "after",
  { signal, onProgress }: CallContext<never>,
): Promise<(number | null)[]> {
  const questions = facts.flatMap((fact) => {
    const template = templateOf(fact);
    if (fact.target === undefined || "fault" in template) return [];
    return [{ prompt: template.prompt.replace("{}", () => fact.subject), answer: fact.target }];
  });
  const total = 2 * questions.length;
  const earlier = when === "before" ? 0 : questions.length;
  const scores: AnswerScore[] = [];
  while (scores.length < questions.length) {
    onProgress({ note: `Asking every fact ${when} the edit`, done: earlier + scores.length, total });
    const next = questions.slice(scores.length, scores.length + TOLD_AT_ONCE);
    scores.push(...(await scoreAnswers(model, next, { signal })));
  }
  let at = 0;
  return facts.map(({ target }) => (target === undefined ? null : scores[at++]!.p));
}
