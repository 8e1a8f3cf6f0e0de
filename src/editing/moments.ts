/** A method's view of the statistics it asked for: each layer's C is factored or decomposed once and remembered. */
import { AppError } from "../lib/errors";
import { nullSpaceSteps, type NullSpace } from "../linalg/nullSpace";
import { runWithPauses } from "../linalg/steps";
import { nullSpaceName, readNullSpace, writeNullSpace, type NullSpaceStore } from "./nullSpaceFile";
import type { Moments } from "./methods/method";
import type { SecondMoment } from "./secondMoment";
import { factorStatistics, type Statistics } from "./statistics";

/** Null spaces by threshold, as long as the statistics are kept; `store` keeps them for later sessions. */
const spaces = new WeakMap<SecondMoment, Map<number, NullSpace>>();

/**
 * Throws AppError `bad-statistics` at once when there are none, when a layer is missing, or when they are another model's
 * size.
 */
export function createMoments(
  statistics: Statistics | undefined,
  layers: readonly number[],
  width: number,
  signal?: AbortSignal,
  store?: NullSpaceStore,
): Moments {
  const known = new Map(layers.map((layer) => [layer, momentOf(required(statistics), layer, width)]));
  const moment = (layer: number): SecondMoment =>
    known.get(layer) ?? momentOf(required(statistics), layer, width);
  return {
    values: (layer) => moment(layer).values,
    factor: (layer) => factorStatistics(required(statistics), layer, width, signal),
    nullSpace: async (layer, threshold, onFraction) => {
      const ofMoment = spaces.get(moment(layer)) ?? new Map<number, NullSpace>();
      spaces.set(moment(layer), ofMoment);
      const before = ofMoment.get(threshold);
      if (before) return before;
      const name = await nullSpaceName(moment(layer), threshold);
      const kept = await store?.read(name);
      const read = kept && (await readNullSpace(kept, width));
      const steps = () => nullSpaceSteps(moment(layer).values, width, threshold);
      const space = read ?? (await runWithPauses(steps(), signal, onFraction));
      if (!read) await store?.write(name, writeNullSpace(space));
      ofMoment.set(threshold, space);
      return space;
    },
  };
}

function required(statistics: Statistics | undefined): Statistics {
  if (statistics) return statistics;
  throw new AppError(
    "bad-statistics",
    "This method needs second moments of the model's keys, and there are none.",
    "Collect statistics first.",
  );
}

/** One layer's C, checked against the model's width. */
function momentOf({ layers }: Statistics, layer: number, width: number): SecondMoment {
  const moment = layers.get(layer);
  if (moment?.width === width) return moment;
  const sentence = moment
    ? `The statistics are ${moment.width} wide; this model's keys are ${width} wide.`
    : `The statistics have no layer ${layer}; they have ${[...layers.keys()].join(", ")}.`;
  throw new AppError(
    "bad-statistics",
    sentence,
    moment ? "Use statistics of this model." : "Collect that layer.",
  );
}
