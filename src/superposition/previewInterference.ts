/** What an edit about to be made would do to a list of facts, from keys alone (arXiv 2408.07413, section 3). */
import type { EditCall } from "../domain/edit";
import type { Fact, InterferencePreview, LayerPreview, PreviewChunk } from "../domain/superposition";
import { createMoments } from "../editing/moments";
import { solvesLayers } from "../editing/methods/innerMethods";
import { anyEditDefinition } from "../editing/settings/anyEditSettings";
import { readWith } from "../editing/settings/sharedSettings";
import { multiply } from "../linalg/lowRank";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";
import { chunkDirections } from "./chunkDirections";
import { editDirections, type DirectionInputs, type LayerDirections } from "./editDirections";
import { collectFactRows, type FactRows } from "./factKeys";
import { locateFacts } from "./locateFacts";

/** Throws what `editDirections` throws. Changes nothing. */
export async function previewInterference(
  model: Model,
  call: Pick<EditCall, "method" | "requests" | "settings">,
  facts: readonly Fact[],
  inputs: DirectionInputs,
): Promise<InterferencePreview> {
  const { kept, texts, skipped } = locateFacts(model, facts);
  const { directions, chunks } = await directionsOf(model, call, inputs);
  const layers = directions.map(({ layer }) => layer);
  const keys =
    texts.length === 0
      ? new Map<number, FactRows>()
      : await collectFactRows(model, texts, { layers, signal: inputs.signal });
  const lowest = Math.min(...layers);
  return {
    kept,
    skipped,
    requests: chunks?.length ?? call.requests.length,
    ...(chunks && { chunks }),
    layers: directions.map((one) =>
      previewLayer(one, keys.get(one.layer), kept.length, one.isWhole && one.layer === lowest),
    ),
    warnings: warningsOf(directions),
  };
}

/** Per request, or per chunk. */
async function directionsOf(
  model: Model,
  call: Pick<EditCall, "method" | "requests" | "settings">,
  inputs: DirectionInputs,
): Promise<{ directions: LayerDirections[]; chunks?: PreviewChunk[] }> {
  if (call.method !== "AnyEdit") return { directions: await editDirections(model, call, inputs) };
  const { statistics, keptKeys, signal } = inputs;
  const { settings } = readWith(anyEditDefinition, call.settings, model.config);
  const layers = solvesLayers(settings) ? settings.editLayers : [];
  const moments = createMoments(statistics, layers, model.config.mlpWidth, signal);
  const found = await chunkDirections(model, call, { settings, moments, keptKeys: keptKeys ?? [], signal });
  return { directions: found.layers, chunks: found.chunks };
}

/** X Yᵀ over the rows of directions [n, f] and of the facts' keys [facts, f]. */
function previewLayer(
  { layer, directions }: LayerDirections,
  keys: FactRows | undefined,
  facts: number,
  exact: boolean,
): LayerPreview {
  if (!keys) return { layer, coefficients: new Float64Array(0), strength: new Float64Array(0), exact };
  const f = keys.length / facts;
  const n = directions.length / f;
  const coefficients = Float64Array.from(
    multiply(directions, transpose(Float64Array.from(keys), facts, f), n, f, facts),
  );
  const strength = Float64Array.from({ length: facts }, (_, fact) => {
    let squares = 0;
    for (let request = 0; request < n; request++) squares += coefficients[request * facts + fact]! ** 2;
    return Math.sqrt(squares);
  });
  return { layer, coefficients, strength, exact };
}

function warningsOf(directions: readonly LayerDirections[]): string[] {
  const warnings: string[] = [];
  if (directions.some(({ isWhole }) => !isWhole)) {
    warnings.push(
      "The update is cut or damped after it is computed (keepShare, prune): the coefficients are those before that.",
    );
  }
  if (directions.length > 1) {
    warnings.push(
      `Keys above layer ${directions[0]!.layer} move while the lower layers are written: there the coefficients are a first estimate.`,
    );
  }
  return warnings;
}
