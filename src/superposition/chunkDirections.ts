/**
 * Directions of an AnyEdit edit, one per chunk of its answers (algorithms.md 9.4 and 18): the keys at all chunks' places
 * are solved for together, those at all other places of the same texts are to be left alone. No state need be optimised,
 * since residuals are the other factor.
 */
import type { EditCall } from "../domain/edit";
import type { PreviewChunk } from "../domain/superposition";
import { chunksOf, lookupOf } from "../editing/chunks";
import { earlierKeys } from "../editing/keptKeys";
import { longText } from "../editing/longTexts";
import { innerRules, solvesLayers } from "../editing/methods/innerMethods";
import type { Moments } from "../editing/methods/method";
import type { AnyEditSettings } from "../editing/settings/anyEditSettings";
import { readPlaces } from "../editing/siteValues";
import { asColumns } from "../editing/updateRules";
import { AppError } from "../lib/errors";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";
import type { DirectionInputs, LayerDirections } from "./editDirections";

export type ChunkInput = {
  settings: AnyEditSettings;
  moments: Moments;
} & Pick<DirectionInputs, "keptKeys" | "signal">;

export type ChunkDirections = { chunks: PreviewChunk[]; layers: LayerDirections[] };

/** With the weights in use. Throws AppError `bad-request` where a block is trained (UnKE), `prompt-too-long`, `cancelled`. */
export async function chunkDirections(
  model: Model,
  { requests }: Pick<EditCall, "requests">,
  { settings, moments, keptKeys = [], signal }: ChunkInput,
): Promise<ChunkDirections> {
  if (!solvesLayers(settings)) {
    throw new AppError(
      "bad-request",
      `AnyEdit over ${settings.inner} trains a block, so what it disturbs cannot be told before it is done.`,
      "Make the edit and compare, or set inner=MEMIT or inner=AlphaEdit.",
      { field: "inner" },
    );
  }
  const texts = requests.map((request, index) => {
    const text = longText(model, request, settings);
    const chunks = chunksOf(model.tokenizer, text, request.cuts, settings);
    const ids = Int32Array.from([...text.question, ...text.answer]);
    const edited = chunks.map((chunk) => lookupOf(text.question.length, chunk));
    const others = [...ids.keys()].filter((position) => !edited.includes(position));
    const named = chunks.map(({ start, end }) => {
      const said = model.tokenizer.decode([...text.answer.subarray(start, end)]);
      return { request: index, start, end, text: said };
    });
    return { ids, edited, others, named };
  });
  const rules = await innerRules({ settings, moments });
  const layers = [...settings.editLayers].sort((a, b) => a - b);
  const sites = layers.map((layer) => ({ layer, site: "mlpKey" as const }));
  const at = (places: "edited" | "others") =>
    readPlaces(model, sites, texts.map((text) => ({ ids: text.ids, places: text[places] })), signal); // prettier-ignore
  const keys = await at("edited");
  const others = settings.keepOthers ? await at("others") : layers.map(() => []);
  const { mlpWidth: f, residualWidth: d } = model.config;
  const n = keys[0]!.length;
  return {
    chunks: texts.flatMap(({ named }) => named),
    layers: layers.map((layer, index) => {
      const earlier = settings.keepEarlier ? earlierKeys(keptKeys, layer) : [];
      const kept = asColumns([...others[index]!, ...earlier], f);
      const residuals = new Float64Array(d * n);
      const x = rules.get(layer)!({ f, d, n, keys: asColumns(keys[index]!, f), residuals, kept });
      return { layer, directions: transpose(x, f, n), isWhole: true };
    }),
  };
}
