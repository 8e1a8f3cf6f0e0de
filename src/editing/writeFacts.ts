/**
 * The road that MEMIT, EMMET and AlphaEdit share: a target per fact in block output space, keys averaged over contexts,
 * and the targets written into one or several layers. The methods differ by the rule that solves a layer.
 */
import type { LowRankUpdate, NamedTensor, WeightUpdate } from "../domain/edit";
import type { Model } from "../model/model";
import { blockTarget, findTargets, locateRequests, type FindTarget } from "./blockTargets";
import type { LocatedText } from "./factToken";
import { groupedKey } from "./keys";
import { rememberTargets } from "./knownTargets";
import type { MethodResult, RecipeContext, RecipeInput } from "./methods/method";
import type { BlockTargetSettings } from "./settings/memitSettings";
import { earlierKeys, keepKeys, keptAt } from "./keptKeys";
import { readPlaces } from "./siteValues";
import { spreadOverLayers, type Spread } from "./spreadOverLayers";
import type { TemporaryWeights } from "./temporaryWeights";
import { targetWarnings } from "./targetWarnings";
import { asColumns, type LayerRule } from "./updateRules";

export type WriteFacts = {
  layers: readonly number[];
  ruleAt(layer: number): LayerRule;
  keepEarlier: boolean;
  /** Where the targets are, at the last layer; its output unless told otherwise. */
  site?: "resid" | "mlpRaw";
  /** What a layer takes of the residual, from how many layers are left; MEMIT's equal shares unless told otherwise. */
  share?: (left: number) => number;
  /** How one request's target is found; at the site's block output unless told otherwise. */
  find?: FindTarget;
  /** A last word on each layer's update, before the next layer. */
  reshape?: ((update: LowRankUpdate, weights: TemporaryWeights) => Promise<WeightUpdate>) | undefined;
  /** A last word on all of them. */
  finish?: ((spread: Spread, weights: TemporaryWeights) => Promise<WeightUpdate[]>) | undefined;
};

/** Computes the updates on the weights in use and changes nothing. */
export async function writeFacts(
  model: Model,
  { requests, settings, contexts, keptKeys, knownTargets }: RecipeInput<BlockTargetSettings>,
  { layers, ruleAt, keepEarlier, site = "resid", share = (left) => 1 / left, reshape, ...last }: WriteFacts,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const top = layers.at(-1)!;
  const search = last.find ?? blockTarget(model, top, settings);
  const find = rememberTargets(knownTargets, `${site} ${top}`, settings, search);
  const texts = locateRequests(model, requests, contexts, settings.factToken);
  const found = await findTargets(requests, texts, find, signal, (losses) =>
    report(
      requests.length === 1
        ? "Optimising the new value"
        : `Optimising value ${losses.length} of ${requests.length}`,
      (losses.length - 1) * settings.steps + losses.at(-1)!.length,
      requests.length * settings.steps,
      losses,
    ),
  );
  const keysAt = (layer: number) => factKeys(model, layer, texts, signal);
  const written = new Map<number, Float64Array[]>();
  const bare = texts.map(([first]) => first!);
  return spreadOverLayers(
    model,
    {
      layers,
      targets: found.map(({ target }) => target),
      keysAt: async (layer) => {
        const keys = await keysAt(layer);
        written.set(layer, keys);
        return { keys, kept: keepEarlier ? earlierKeys(keptKeys, layer) : [] };
      },
      statesNow: async () => (await readPlaces(model, [{ layer: top, site }], bare.map(placed), signal))[0]!,
      ruleAt,
      share,
      reshape,
      onLayer: (done) => report("Writing the layers", done, layers.length),
      signal,
    },
    async (spread, weights) => ({
      updates: last.finish ? await last.finish(spread, weights) : spread.updates,
      losses: found.map(({ steps }) => steps),
      warnings: targetWarnings(requests, settings, found),
      intermediates: [
        columns(
          "z",
          found.map(({ target }) => target),
        ),
        columns(
          "target_init",
          found.map(({ targetInit }) => targetInit),
        ),
        ...spread.intermediates,
      ],
      // A layer's keys depend on what lies below it alone. That stood when they were read, unless `finish` changed it since.
      keptKeys: last.finish
        ? await keepKeys(layers, keysAt)
        : layers.map((layer) => keptAt(layer, written.get(layer)!)),
    }),
  );
}

const placed = ({ ids, lookup }: LocatedText) => ({ ids, places: [lookup] });

/** One key per fact, averaged over its contexts. */
async function factKeys(
  model: Model,
  layer: number,
  texts: readonly LocatedText[][],
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const [keys] = await readPlaces(model, [{ layer, site: "mlpKey" }], texts.flat().map(placed), signal);
  let at = 0;
  return texts.map((contexts) => groupedKey(keys!.slice(at, (at += contexts.length))));
}

function columns(name: string, vectors: readonly Float64Array[]): NamedTensor {
  const length = vectors[0]!.length;
  return { name, shape: [length, vectors.length], values: Float32Array.from(asColumns(vectors, length)) };
}
