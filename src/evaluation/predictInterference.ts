/**
 * How much of an edit's change falls on its neighbours, from their keys alone (algorithms.md 18.1 for one key): a
 * rank-one update Λ uᵀ moves the output for key k by Λ (u · k), so the share is (u · k) / (u · k*).
 */
import type { EditRequest, LowRankUpdate, PredictedInterference, WeightUpdate } from "../domain/edit";
import { locateFactToken, type LocatedText } from "../editing/factToken";
import { collectKeys } from "../editing/keys";
import type { StackedEdit } from "../editing/stack";
import type { Model } from "../model/model";

type Place = { prompt: string; subject: string };

/** Neighbours that name their subject; the place of the key is unknown for the others. */
function places({ neighbours }: EditRequest): Place[] {
  return neighbours.flatMap(({ prompt, subject }) =>
    subject !== undefined && prompt.includes(subject)
      ? [{ prompt: prompt.replace(subject, "{}"), subject }]
      : [],
  );
}

function isRankOne(update: WeightUpdate): update is LowRankUpdate {
  return update.kind === "lowRank" && update.rank === 1;
}

function along(direction: Float32Array, key: Float64Array): number {
  return direction.reduce((sum, value, index) => sum + value * key[index]!, 0);
}

async function sharesOf(
  model: Model,
  request: EditRequest,
  update: LowRankUpdate,
  signal: AbortSignal,
): Promise<PredictedInterference[]> {
  const others = places(request);
  if (others.length === 0) return [];
  const layer = Number(/^blocks\.(\d+)\./.exec(update.weight)?.[1]);
  const locate = ({ prompt, subject }: Place): LocatedText =>
    locateFactToken(model.tokenizer, "{}", prompt, subject, "subject_last");
  const [edited, ...keys] = await collectKeys(model, layer, [request, ...others].map(locate), signal);
  const own = along(update.v, edited!.key);
  return others.map(({ prompt, subject }, index) => ({
    prompt: prompt.replace("{}", () => subject),
    subject,
    share: along(update.v, keys[index]!.key) / own,
  }));
}

/** For every neighbour of every edit with one request and one rank-one update. */
export async function predictInterference(
  model: Model,
  edits: readonly StackedEdit[],
  signal: AbortSignal,
): Promise<PredictedInterference[]> {
  const found: PredictedInterference[] = [];
  for (const { requests, updates } of edits) {
    const [request, update] = [requests[0], updates[0]];
    if (requests.length !== 1 || updates.length !== 1 || !request || !update || !isRankOne(update)) continue;
    found.push(...(await sharesOf(model, request, update, signal)));
  }
  return found;
}
