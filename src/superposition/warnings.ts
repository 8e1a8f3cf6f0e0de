/** What a reader of the numbers has to know, as sentences: the list's faults, and how well C is known. */
import type { LayerSuperposition } from "../domain/superposition";
import { BADLY_CONDITIONED, ENOUGH_TOKENS_PER_DIMENSION } from "../editing/statisticsWarnings";
import type { LocatedFacts } from "./locateFacts";

export function superpositionWarnings(
  { skipped, sameKeys }: Pick<LocatedFacts, "skipped" | "sameKeys">,
  layers: readonly LayerSuperposition[],
  width: number,
): string[] {
  return [...aboutFacts({ skipped, sameKeys }), ...aboutTokens(layers, width), ...aboutCondition(layers)];
}

function aboutFacts({ skipped, sameKeys }: Pick<LocatedFacts, "skipped" | "sameKeys">): string[] {
  const sentences: string[] = [];
  const [first] = skipped;
  if (first) {
    sentences.push(
      `${count(skipped.length, "fact is", "facts are")} left out, fact ${first.index + 1} (“${first.subject.slice(0, 60)}”) first: ${first.message}`,
    );
  }
  const duplicates = sameKeys.filter(({ kind }) => kind === "duplicate").length;
  const beginnings = sameKeys.length - duplicates;
  if (duplicates > 0)
    sentences.push(
      `${count(duplicates, "fact is", "facts are")} in the list before: p is 1 between the two.`,
    );
  if (beginnings > 0) {
    sentences.push(
      `${count(beginnings, "fact begins", "facts begin")} like an earlier one up to the subject's end and shares its key: p is 1 between them.`,
    );
  }
  return sentences;
}

function aboutTokens(layers: readonly LayerSuperposition[], width: number): string[] {
  const known = layers.map(({ moment }) => moment.tokens).filter((tokens) => tokens > 0);
  const fewest = Math.min(...known);
  if (known.length === 0 || fewest >= ENOUGH_TOKENS_PER_DIMENSION * width) return [];
  const share = fewest < width ? "fewer than the keys have dimensions" : "few";
  return [
    `C comes from ${fewest} tokens, ${share} (${width}): p of keys that the text does not hold comes out too small. ` +
      `${ENOUGH_TOKENS_PER_DIMENSION * width} are advisable.`,
  ];
}

function aboutCondition(layers: readonly LayerSuperposition[]): string[] {
  return layers.flatMap(({ layer, moment: { ridge, condition, ridgeEffects } }) => {
    if (ridge === 0 && condition < BADLY_CONDITIONED) return [];
    const what =
      ridge > 0
        ? `C of layer ${layer} has a ridge of ${ridge} · tr(C)/f on its diagonal`
        : `C of layer ${layer} is badly conditioned (${condition.toExponential(1)})`;
    const effects = ridgeEffects.map(
      (effect) =>
        `with ${effect.ridge.toExponential(0)} instead, p moves by up to ${effect.largestChange.toPrecision(2)} and the kurtosis is ${effect.kurtosis.toFixed(1)}`,
    );
    return [`${[what, ...effects].join("; ")}.`];
  });
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;
