/** What the charts of superposition show, in one sentence each, with the numbers. Pure. */
import type { ConstructedMemory, LayerSuperposition } from "../../domain/superposition";
import { meanKurtosis } from "../../lib/meanKurtosis";
import type { SizeEntry } from "../../store/keptSizes";
import { modelName } from "../../store/modelRef";

const SPACE = "\u00a0";

/** `+0.27`, with a real minus. */
export const signed = (value: number, digits = 2): string =>
  `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;

export const counted = (count: number): string => count.toLocaleString("en-GB");

export const share = (value: number): string =>
  value > 0 && value < 0.001
    ? `under 0.1${SPACE}%`
    : `${(value * 100).toFixed(value < 0.1 ? 1 : 0)}${SPACE}%`;

/** Two digits of what may be a tenth or a thousand. */
export const plain = (value: number): string => {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value) >= 10 ? counted(Math.round(value)) : String(Number(value.toPrecision(2)));
  return text.replace("-", "−");
};

export function atlasSentence(
  layer: number,
  facts: number,
  { strong, all }: { strong: number; all: number },
  strongest: { from: string; to: string; p: number } | undefined,
): string {
  const most = strongest
    ? ` The strongest: an edit of ${strongest.from} puts ${signed(strongest.p)} of its change on ${strongest.to}.`
    : "";
  return `Layer ${layer}: ${counted(strong)} of ${counted(all)} ordered pairs of ${counted(facts)} facts (${share(strong / all)}) share more than a tenth of a change.${most}`;
}

export function distributionSentence(layer: Pick<LayerSuperposition, "layer" | "interference">): string {
  const { mean, std, kurtosis, extreme, tails } = layer.interference;
  const far = tails.find(({ deviations }) => deviations >= 4) ?? tails.at(-1);
  const heavy =
    far === undefined
      ? ""
      : ` Beyond ${far.deviations} standard deviations lie ${share(far.observed)} of the pairs; of a normal distribution, ${far.normal < 1e-6 ? "next to none" : share(far.normal)}.`;
  const without = extreme.count > 0 ? ` (${plain(extreme.kurtosisWithout)} without |p| > 0.9)` : "";
  return `Layer ${layer.layer}: p has mean ${signed(mean, 3)}, standard deviation ${std.toFixed(3)} and excess kurtosis ${plain(kurtosis)}${without}.${heavy}`;
}

/** Angles between keys; in a space of many dimensions whatever has nothing in common stands at a right angle. */
export function anglesSentence({ angles }: Pick<LayerSuperposition, "angles">): string {
  const { whitening, activation } = angles;
  return `Two keys stand at a median angle of ${whitening.median.toFixed(1)}° in whitened space, where a right angle means that nothing is shared, and of ${activation.median.toFixed(1)}° as they are.`;
}

export function kurtosisSentence(layers: readonly Pick<LayerSuperposition, "layer" | "kurtosis">[]): string {
  const finite = layers.filter(({ kurtosis }) => Number.isFinite(kurtosis));
  if (finite.length === 0) return "No layer has been compared yet.";
  const sorted = finite.toSorted((a, b) => b.kurtosis - a.kurtosis);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  if (finite.length === 1)
    return `Excess kurtosis at layer ${first.layer} is ${plain(first.kurtosis)}; a normal distribution has 0.`;
  return `Superposition is weakest at layer ${first.layer} (excess kurtosis ${plain(first.kurtosis)}) and strongest at layer ${last.layer} (${plain(last.kurtosis)}); a normal distribution has 0.`;
}

/** Compares models on lists of the same name and length alone. */
export function sizeSentence(entries: readonly SizeEntry[]): string {
  const newest = entries.at(-1);
  if (newest === undefined) return "No model has been compared on all layers yet.";
  const alike = entries.filter(({ facts, list }) => facts === newest.facts && list === newest.list);
  const sorted = alike.toSorted((a, b) => a.parameters - b.parameters);
  const named = (entry: SizeEntry): string => `${modelName(entry.ref)} (${plain(meanKurtosis(entry))})`;
  if (sorted.length === 1) {
    return `Mean excess kurtosis over all layers of ${named(newest)}. Load another model and compare the same facts: larger ones keep facts further apart.`;
  }
  const [small, large] = [sorted[0]!, sorted.at(-1)!];
  const grows = meanKurtosis(large) > meanKurtosis(small);
  return `Mean excess kurtosis ${grows ? "rises" : "does not rise"} with size here: from ${named(small)} to ${named(large)}.`;
}

export function constructedSentence(
  { facts, overlap }: { facts: number; overlap: number },
  { meanLoss, largestShare }: Pick<ConstructedMemory, "meanLoss" | "largestShare">,
): string {
  const loss = meanLoss.at(-1) ?? 0;
  const keys =
    overlap === 0
      ? "orthogonal as far as there is room"
      : `sharing ${Math.round(overlap * 100)}${SPACE}% of their direction`;
  const end = loss < 1e-6 ? "nothing is lost" : `on average ${share(loss)} of a fact is lost`;
  const most = largestShare < 1e-6 ? "every share is 0" : `shares reach ${largestShare.toFixed(2)}`;
  return `${facts} facts with keys ${keys}: ${most}, and after all are written ${end}.`;
}

/** The layer that keeps the facts furthest apart, and the one that does least. */
export function plantedSentence(
  layers: readonly Pick<LayerSuperposition, "layer" | "interference">[],
  facts: readonly unknown[],
): string {
  const sorted = layers.toSorted((a, b) => a.interference.absoluteMean - b.interference.absoluteMean);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return "";
  return `Among ${facts.length} planted facts the mean |p| is ${least.interference.absoluteMean.toFixed(3)} at layer ${least.layer} and ${most.interference.absoluteMean.toFixed(3)} at layer ${most.layer}: where it is small, editing one leaves the others as they are. Choose a pair in the atlas and try it.`;
}
