/** The damage meter in words: what the light means, and one line for every measure with its bounds. Pure. */
import type { DamageLevel, DamageMeasure, DamageReport } from "../../domain/damage";

const SENTENCES: Readonly<Record<DamageLevel, string>> = {
  sound: "The edits have hardly touched anything else.",
  worn: "The edits have begun to change what no edit is about.",
  broken: "The edits have broken part of what the model knew.",
};

/** What the light means here. A weight that moved far is a warning, not yet a loss. */
export function levelSentence({ level, measures }: Pick<DamageReport, "level" | "measures">): string {
  const told = measures.filter((measure) => measure.level !== "sound");
  return told.length > 0 && told.every(({ kind }) => kind === "norm")
    ? "A weight has moved far from what it was. What was asked is still answered as before, but further edits may break it."
    : SENTENCES[level];
}

const percent = (value: number): string => `${(value * 100).toFixed(value > 0.995 ? 0 : 1)}\u00a0%`;

/** A bound is a round number. */
const bound = (value: number): string => `${Number((value * 100).toPrecision(3))}\u00a0%`;

/** A divergence of the order of 10⁻⁴ is still worth reading. */
const small = (value: number): string => (value < 0.001 ? "under 0.001" : value.toFixed(3));

export function measureName({ kind, count }: DamageMeasure): string {
  switch (kind) {
    case "neighbours":
      return `neighbours of the edits (${count})`;
    case "facts":
      return `facts no edit is about (${count})`;
    case "perplexity":
      return "perplexity of held text";
    case "drift":
      return `drift of the next word (${count} prompts)`;
    case "norm":
      return "largest change of a weight matrix";
  }
}

export function measureValue({ kind, value, base, now }: DamageMeasure): string {
  switch (kind) {
    case "neighbours":
    case "facts":
      // What rises is not counted as more than all.
      return `${percent(Math.min(1, value))} kept`;
    case "perplexity":
      return `× ${value.toFixed(2)}${base === null || now === null ? "" : ` (${base.toFixed(1)} → ${now.toFixed(1)})`}`;
    case "drift":
      return `${small(value)} nats`;
    case "norm":
      return percent(value);
  }
}

export function measureBounds({ kind, amber, red }: DamageMeasure): string {
  switch (kind) {
    case "neighbours":
    case "facts":
      return `amber below ${bound(amber)}, red below ${bound(red)}`;
    case "perplexity":
      return `amber above × ${amber}, red above × ${red}`;
    case "drift":
      return `amber above ${amber}, red above ${red} nats`;
    case "norm":
      return `amber above ${bound(amber)}, red above ${bound(red)}`;
  }
}
