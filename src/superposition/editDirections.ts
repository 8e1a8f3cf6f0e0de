/**
 * Along which directions of key space an edit would be written, known before any target is optimised: every closed form
 * is ΔW = R Xᵀ with residuals R [d, n] and X [f, n] made of keys, C and settings alone. Column i of X gives the share
 * xᵢ · y of request i's residual that falls on a key y (docs/superposition.md).
 */
import type { EditCall, KeptKeys } from "../domain/edit";
import { locateRequests } from "../editing/blockTargets";
import type { FactToken } from "../editing/factToken";
import { earlierKeys } from "../editing/keptKeys";
import { collectKeys, groupedKey, meanKey } from "../editing/keys";
import { emmetRule } from "../editing/methods/emmet";
import { memitRules } from "../editing/methods/memit";
import type { Moments } from "../editing/methods/method";
import { createMoments } from "../editing/moments";
import { alphaEditDefinition } from "../editing/settings/alphaEditSettings";
import { emmetDefinition, memitDefinition, pmetDefinition } from "../editing/settings/memitSettings";
import { romeDefinition, rRomeDefinition } from "../editing/settings/romeSettings";
import { readWith } from "../editing/settings/sharedSettings";
import { readPlaces } from "../editing/siteValues";
import type { Statistics } from "../editing/statistics";
import { asColumns, nullSpaceRule, rankOneUpdate, type LayerRule } from "../editing/updateRules";
import { AppError } from "../lib/errors";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";

export type LayerDirections = {
  layer: number;
  /** Rows xᵢ [n, f]: xᵢ · y is the share of request i's residual that falls on y. */
  directions: Float64Array;
  /** The update's later shaping (RECT, PRUNE) is not in them. */
  isWhole: boolean;
};

export type DirectionInputs = {
  contexts: readonly string[];
  statistics?: Statistics | undefined;
  keptKeys?: readonly KeptKeys[];
  signal?: AbortSignal | undefined;
};

/**
 * With the weights in use; lowest layer first. Throws AppError `bad-request` for methods without a closed form,
 * `bad-statistics`, `singular-matrix`, `prompt-too-long`, `cancelled`.
 */
export async function editDirections(
  model: Model,
  call: Pick<EditCall, "method" | "requests" | "settings">,
  inputs: DirectionInputs,
): Promise<LayerDirections[]> {
  const { config } = model;
  const moments = (layers: readonly number[]): Moments =>
    createMoments(inputs.statistics, layers, config.mlpWidth, inputs.signal);
  switch (call.method) {
    case "ROME":
    case "R-ROME": {
      const definition = call.method === "ROME" ? romeDefinition : rRomeDefinition;
      return [
        await rankOneDirections(model, call, readWith(definition, call.settings, config).settings, inputs),
      ];
    }
    case "MEMIT": {
      const { settings } = readWith(memitDefinition, call.settings, config);
      const rules = await memitRules({ settings, moments: moments(settings.editLayers) });
      const isWhole = settings.keepShare === 1 && !settings.prune;
      const found = await ruleDirections(model, call, { ...settings, rules }, inputs);
      return found.map((layer) => ({ ...layer, isWhole }));
    }
    case "PMET": {
      const { settings } = readWith(pmetDefinition, call.settings, config);
      const rules = await memitRules({ settings, moments: moments(settings.editLayers) });
      return ruleDirections(model, call, { ...settings, rules, keepEarlier: false }, inputs);
    }
    case "EMMET": {
      const { settings } = readWith(emmetDefinition, call.settings, config);
      const rule = await emmetRule({ settings, moments: moments([settings.layer]) }, inputs.signal);
      const rules = new Map([[settings.layer, rule]]);
      return ruleDirections(model, call, { ...settings, rules, keepEarlier: false }, inputs);
    }
    case "AlphaEdit": {
      const { settings } = readWith(alphaEditDefinition, call.settings, config);
      const { editLayers, nullSpaceThreshold, ridge } = settings;
      const rules = new Map<number, LayerRule>();
      for (const layer of editLayers) {
        rules.set(
          layer,
          nullSpaceRule(await moments(editLayers).nullSpace(layer, nullSpaceThreshold), ridge),
        );
      }
      return ruleDirections(model, call, { ...settings, rules }, inputs);
    }
    default:
      throw new AppError(
        "bad-request",
        `${call.method} has no closed form over the facts' keys, so what it disturbs cannot be told before it is done.`,
        "Make the edit and compare, or choose ROME, R-ROME, MEMIT, EMMET, PMET, AlphaEdit or AnyEdit.",
        { field: "method" },
      );
  }
}

type RankOneChoice = Pick<
  ReturnType<typeof romeDefinition.defaults>,
  "layer" | "factToken" | "useSecondMoment" | "key"
>;

/** ΔW = (v* − m) xᵀ with x = u / (u · k). Edits one after the other do not move keys of their own layer. */
async function rankOneDirections(
  model: Model,
  { requests }: Pick<EditCall, "requests">,
  { layer, factToken, useSecondMoment, key: choice }: RankOneChoice,
  { contexts, statistics, signal }: DirectionInputs,
): Promise<LayerDirections> {
  const f = model.config.mlpWidth;
  const secondMoment = useSecondMoment
    ? await createMoments(statistics, [layer], f, signal).factor(layer)
    : undefined;
  const directions = new Float64Array(requests.length * f);
  for (const [row, texts] of locateRequests(model, requests, contexts, factToken).entries()) {
    const pairs = await collectKeys(model, layer, texts, signal);
    const [bare, mean] = [pairs[0]!, meanKey(pairs)];
    const { direction, denominator } = rankOneUpdate({
      bare,
      mean,
      target: bare.output,
      choice,
      secondMoment,
    });
    directions.set(direction.map((value) => value / denominator), row * f); // prettier-ignore
  }
  return { layer, directions, isWhole: true };
}

type RuleChoice = {
  factToken: FactToken;
  rules: ReadonlyMap<number, LayerRule>;
  keepEarlier: boolean;
};

/** X of every layer with the keys as they are now. */
async function ruleDirections(
  model: Model,
  { requests }: Pick<EditCall, "requests">,
  { factToken, rules, keepEarlier }: RuleChoice,
  { contexts, keptKeys = [], signal }: DirectionInputs,
): Promise<LayerDirections[]> {
  const { mlpWidth: f, residualWidth: d } = model.config;
  const texts = locateRequests(model, requests, contexts, factToken);
  const places = texts.flat().map(({ ids, lookup }) => ({ ids, places: [lookup] }));
  const layers = [...rules.keys()].sort((a, b) => a - b);
  const sites = layers.map((layer) => ({ layer, site: "mlpKey" as const }));
  const found = await readPlaces(model, sites, places, signal);
  const n = requests.length;
  return layers.map((layer, index) => {
    let at = 0;
    const own = texts.map((contextsOf) => groupedKey(found[index]!.slice(at, (at += contextsOf.length))));
    const kept = asColumns(keepEarlier ? earlierKeys(keptKeys, layer) : [], f);
    // No rule looks at the residuals: they are the other factor.
    const residuals = new Float64Array(d * n);
    const x = rules.get(layer)!({ f, d, n, keys: asColumns(own, f), residuals, kept });
    return { layer, directions: transpose(x, f, n), isWhole: true };
  });
}
