/**
 * Targets that need not be found again: a sweep edits the same facts on the same weights with other layers below, another
 * λ, another method of MEMIT's kin, and most of an edit's time goes into vectors that are the same each time.
 */
import type { EditRequest, Settings } from "../domain/edit";
import type { FindTarget } from "./blockTargets";
import type { OptimisedTarget } from "./targets";

/** Of one state of the weights: whoever hands it over empties it when the weights change. */
export type KnownTargets = Map<string, OptimisedTarget>;

/** Everything that a target depends on besides the weights and its texts. */
const DECIDING = ["steps", "learningRate", "weightDecay", "klFactor", "nllFactor", "clampNormFactor", "earlyStopLoss", "lossLayer"]; // prettier-ignore

/** `find`, asked only for what is not known. @param place layer and site of the target */
export function rememberTargets(
  known: KnownTargets | undefined,
  place: string,
  settings: Settings,
  find: FindTarget,
): FindTarget {
  if (!known) return find;
  const decided = DECIDING.map((name) => settings[name] ?? null);
  return async (request, texts, options) => {
    const asked: (keyof EditRequest)[] = ["prompt", "subject", "targetNew"];
    const read = texts.map(({ ids, lookup }) => [ids, lookup]);
    const key = JSON.stringify([place, decided, asked.map((name) => request[name]), read]);
    const before = known.get(key);
    if (before) options.onStep?.(before.steps);
    const target = before ?? (await find(request, texts, options));
    known.set(key, target);
    return target;
  };
}
