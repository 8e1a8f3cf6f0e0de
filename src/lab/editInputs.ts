/** What an edit needs besides its requests: contexts, second moments and texts to keep, all of the untouched model. */
import type { EditCall, Settings } from "../domain/edit";
import type { SentenceEncoder } from "../domain/encoder";
import type { CallContext } from "../domain/progress";
import { checkCall, checkHyperNetwork } from "../editing/computeEdit";
import { sampleContexts } from "../editing/contexts";
import type { HyperNetwork } from "../editing/hyperNetwork";
import { readHyperNetwork } from "../editing/hyperNetworkFile";
import type { KnownTargets } from "../editing/knownTargets";
import { methodNamed } from "../editing/methods/methods";
import { createMoments } from "../editing/moments";
import type { NullSpaceStore } from "../editing/nullSpaceFile";
import type { Statistics } from "../editing/statistics";
import { legacyRandom } from "../lib/random/legacyRandom";
import { readWhole } from "../loading/byteSource";
import { loadedModel, type Session } from "./session";
import { defaultTexts, statisticsForCall } from "./statistics";

/** What a model's folder may bring (scripts/train/mend.py). */
const HYPER_NETWORK = "mend.safetensors";
const MOST_NETWORK_BYTES = 1 << 28;

export type EditInputs = {
  contexts: readonly string[];
  statistics?: Statistics;
  preserve: readonly string[];
  nullSpaces: NullSpaceStore;
  sentenceEncoder?: SentenceEncoder | undefined;
  hyperNetwork?: HyperNetwork | undefined;
  knownTargets?: KnownTargets;
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
  const hyperNetwork = method.hyperNetwork && (await hyperNetworkOf(session, call, context.signal));
  checkHyperNetwork(method, hyperNetwork, model);
  // Before anything is sampled: a file may be another model's, or lack a layer.
  const layers = method.statisticsLayers(settings);
  const statistics =
    layers.length === 0 ? undefined : await statisticsForCall(session, call.statistics, layers, context);
  createMoments(statistics, layers, model.config.mlpWidth);
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
  const preserve = await textsToPreserve(session, call, method.preserves?.(settings) ?? 0, context.signal);
  const { sentenceEncoder } = session.environment;
  const nullSpaces = nullSpaceStore(session);
  return { contexts, preserve, sentenceEncoder, hyperNetwork, nullSpaces, ...(statistics && { statistics }) };
}

/** Beside the statistics. Too little space must not cost the user the job. */
export function nullSpaceStore({ environment: { cache } }: Session): NullSpaceStore {
  return {
    read: (name) => cache.read(name),
    write: (name, bytes) => cache.write(name, bytes).catch(() => undefined),
  };
}

/** The caller's file, or what came with the model. @throws AppError wrong-model, bad-edit-file, network, cancelled */
async function hyperNetworkOf(
  session: Session,
  { hyperNetwork: file }: EditCall,
  signal: AbortSignal,
): Promise<HyperNetwork | undefined> {
  const { model, files } = loadedModel(session);
  if (file) return readHyperNetwork(file, "The hyper-network", model);
  const source = files.get(HYPER_NETWORK);
  if (!source) return undefined;
  return readHyperNetwork(await readWhole(source, MOST_NETWORK_BYTES, signal), source.name, model);
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
