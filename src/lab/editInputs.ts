/** What an edit needs besides its requests: contexts, second moments and texts to keep, all of the untouched model. */
import type { EditCall, Settings } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import { checkCall } from "../editing/computeEdit";
import { sampleContexts } from "../editing/contexts";
import { methodNamed } from "../editing/methods/methods";
import type { Statistics } from "../editing/statistics";
import { legacyRandom } from "../lib/random/legacyRandom";
import { loadedModel, type Session } from "./session";
import { defaultTexts, statisticsFor } from "./statistics";

export type EditInputs = {
  contexts: readonly string[];
  statistics?: Statistics;
  preserve: readonly string[];
};

/** Sampled, read or computed unless the call brings them; kept for the next edit. @throws AppError bad-statistics, cancelled */
export async function gatherInputs(
  session: Session,
  call: EditCall,
  settings: Settings,
  context: CallContext<never>,
): Promise<EditInputs> {
  const { model, prepared, recent } = loadedModel(session);
  const method = methodNamed(call.method);
  const { contexts: given, seed } = call;
  checkCall(model, call, given ?? ["{}"]);
  const sampled = method.contexts;
  const isShipped = sampled === "rome" && prepared?.contexts.seed === seed;
  const contexts =
    given ??
    (isShipped ? prepared.contexts.templates : undefined) ??
    (sampled === "none"
      ? ["{}"]
      : await recent.contexts(`${sampled} ${seed}`, () =>
          model.weights.onBase(() => sampleContexts(model, seed, context.signal, sampled)),
        ));
  const layers = method.statisticsLayers(settings);
  const preserve = await textsToPreserve(session, call, method.preserves?.(settings) ?? 0, context.signal);
  if (layers.length === 0) return { contexts, preserve };
  return { contexts, preserve, statistics: await statisticsOf(session, layers, call, context) };
}

/** One set of statistics over all layers a method asks for. */
async function statisticsOf(
  session: Session,
  layers: readonly number[],
  { statistics: file }: EditCall,
  context: CallContext<never>,
): Promise<Statistics> {
  const first = await statisticsFor(session, layers[0]!, file, context);
  if (file) return first;
  const found = new Map(first.layers);
  for (const layer of layers.slice(1)) {
    for (const [at, moment] of (await statisticsFor(session, layer, undefined, context)).layers)
      found.set(at, moment);
  }
  return { ...first, layers: found };
}

/** The caller's texts, or a seeded draw from the text that statistics come from. */
async function textsToPreserve(
  session: Session,
  { preserve, seed }: EditCall,
  count: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (preserve || count === 0) return preserve ?? [];
  const texts = await defaultTexts(loadedModel(session), session, signal);
  const random = legacyRandom(seed);
  return Array.from({ length: count }, () => texts[Math.floor(random.uniform() * texts.length)]!);
}
