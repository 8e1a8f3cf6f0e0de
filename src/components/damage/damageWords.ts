/** The damage meter in words: one short word for the light, one line for every measure with its bounds. Pure. */
import type { DamageLevel, DamageMeasure } from "../../domain/damage";

export const LEVELS: Readonly<Record<DamageLevel, { word: string; colour: string; sentence: string }>> = {
  sound: { word: "sound", colour: "green", sentence: "The edits have hardly touched anything else." },
  worn: { word: "worn", colour: "amber", sentence: "The edits have begun to change what no edit is about." },
  broken: { word: "broken", colour: "red", sentence: "The edits have broken part of what the model knew." },
};

const percent = (value: number): string => `${(value * 100).toFixed(value > 0.995 ? 0 : 1)}\u00a0%`;

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
      return `amber below ${percent(amber)}, red below ${percent(red)}`;
    case "perplexity":
      return `amber above × ${amber}, red above × ${red}`;
    case "drift":
      return `amber above ${amber}, red above ${red}`;
    case "norm":
      return `amber above ${percent(amber)}, red above ${percent(red)}`;
  }
}
