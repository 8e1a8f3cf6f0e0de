/**
 * States of several positions of long texts written into MLP projections (algorithms.md 9.4): the keys at those positions
 * of all texts are solved for together; keys of all other positions of the same texts are to be left alone.
 */
import type { Model } from "../model/model";
import { earlierKeys, keepKeys } from "./keptKeys";
import type { LongText } from "./longTexts";
import type { MethodResult, RecipeContext, RecipeInput } from "./methods/method";
import { paddingKeys } from "./paddingKeys";
import type { AnyEditSettings } from "./settings/anyEditSettings";
import { readPlaces } from "./siteValues";
import { spreadOverLayers } from "./spreadOverLayers";
import { describeTargets, type StatedText } from "./statedTexts";
import type { LayerRule } from "./updateRules";

const sequence = ({ question, answer }: LongText): Int32Array => Int32Array.from([...question, ...answer]);

/** Least squares over all chunks of all texts, layer by layer. */
export async function writeStates(
  model: Model,
  { settings, keptKeys }: RecipeInput<AnyEditSettings>,
  stated: readonly StatedText[],
  rules: ReadonlyMap<number, LayerRule>,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const { editLayers: layers, keepOthers, padding, keepEarlier, loop } = settings;
  const last = layers.at(-1)!;
  const edited = stated.map((text) => ({
    ids: sequence(text),
    places: text.targets.map(({ lookup }) => lookup),
  }));
  const others = stated.map((text, at) => {
    const ids = sequence(text);
    const places = [...ids.keys()].filter((position) => !edited[at]!.places.includes(position));
    return { ids, places };
  });
  const keysOf = async (layer: number, texts: typeof edited) =>
    (await readPlaces(model, [{ layer, site: "mlpKey" }], texts, signal))[0]!;
  const keptOf = async (layer: number) => [
    ...(await keysOf(layer, others)),
    ...(padding === "published" ? await paddingKeys(model, layer, stated.map(sequence), signal) : []),
  ];
  const described = describeTargets(stated);
  return spreadOverLayers(
    model,
    {
      layers,
      targets: stated.flatMap(({ targets }) => targets.map(({ target }) => target)),
      keysAt: async (layer) => ({
        keys: await keysOf(layer, edited),
        kept: [
          ...(keepOthers ? await keptOf(layer) : []),
          ...(keepEarlier ? earlierKeys(keptKeys, layer) : []),
        ],
      }),
      statesNow: async () => (await readPlaces(model, [{ layer: last, site: "resid" }], edited, signal))[0]!,
      ruleAt: (layer) => rules.get(layer)!,
      share: (left) => 1 / (loop === "published" ? layers.length : left),
      onLayer: (done) => report("Writing the layers", done, layers.length),
      signal,
    },
    async (spread) => ({
      ...described,
      updates: spread.updates,
      intermediates: [...described.intermediates, ...spread.intermediates],
      keptKeys: await keepKeys(layers, (layer) => keysOf(layer, edited)),
    }),
  );
}
