/**
 * How much of an edit's change falls on the neighbours that came with it, from keys alone (algorithms.md 18.1). ΔW moves
 * the output at a neighbour's key y by ΔW y; its share is that along the change at the edited key k*,
 * ⟨ΔW y, ΔW k*⟩ / ‖ΔW k*‖². For a rank-one update Λ uᵀ this is (u · y) / (u · k*).
 */
import type { EditRequest, PredictedInterference } from "../domain/edit";
import type { Fact } from "../domain/superposition";
import { locateFactToken } from "../editing/factToken";
import type { StackedEdit } from "../editing/stack";
import { dot } from "../linalg/norms";
import type { Model } from "../model/model";
import { predictChange, projectionUpdates } from "./compareInterference";
import { collectFactRows } from "./factKeys";
import { templateOf } from "./locateFacts";

/** Neighbours that name their subject; the place of the key is unknown for the others. */
function placesOf({ neighbours }: EditRequest): Fact[] {
  return neighbours.flatMap(({ prompt, subject }) => {
    if (subject === undefined) return [];
    const template = templateOf({ prompt, subject });
    return "fault" in template ? [] : [{ prompt: template.prompt, subject }];
  });
}

/** For every neighbour of every edit with one request in one MLP projection. Throws `prompt-too-long`, `cancelled`. */
export async function predictNeighbourShares(
  model: Model,
  edits: readonly StackedEdit[],
  signal: AbortSignal,
): Promise<PredictedInterference[]> {
  const found: PredictedInterference[] = [];
  for (const { requests, updates } of edits) {
    const [request] = requests;
    const [entry, ...others] = projectionUpdates(updates);
    const isAll = entry?.[1].length === updates.length && others.length === 0;
    if (requests.length !== 1 || !request || !entry || !isAll) continue;
    const neighbours = placesOf(request);
    if (neighbours.length === 0) continue;
    const [layer, changes] = entry;
    const texts = [request, ...neighbours].map(({ prompt, subject }) =>
      locateFactToken(model.tokenizer, "{}", prompt, subject, "subject_last"),
    );
    const keys = await collectFactRows(model, texts, { layers: [layer], signal });
    const moved = predictChange(changes, Float64Array.from(keys.get(layer)!), texts.length);
    const d = moved.length / texts.length;
    const own = moved.subarray(0, d);
    found.push(
      ...neighbours.map(({ prompt, subject }, index) => ({
        prompt: prompt.replace("{}", () => subject),
        subject,
        share: dot(moved.subarray((index + 1) * d, (index + 2) * d), own) / dot(own, own),
      })),
    );
  }
  return found;
}
