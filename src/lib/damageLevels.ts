/**
 * When damage counts: bounds between green, amber and red, and the light as the worst of its measures. Pure.
 * The bounds are judgements, stated with every measure; docs/superposition.md tells how they were set.
 */
import type { DamageKind, DamageLevel, DamageMeasure } from "../domain/damage";

type Bounds = { amber: number; red: number; isLowBad: boolean };

const BOUNDS: Readonly<Record<DamageKind, Bounds>> = {
  neighbours: { amber: 0.9, red: 0.6, isLowBad: true },
  facts: { amber: 0.95, red: 0.75, isLowBad: true },
  perplexity: { amber: 1.1, red: 1.5, isLowBad: false },
  drift: { amber: 0.1, red: 0.5, isLowBad: false },
  norm: { amber: 1, red: 4, isLowBad: false },
};

const ORDER: readonly DamageLevel[] = ["sound", "worn", "broken"];

/** What is no number any more is broken. */
export function levelOf(kind: DamageKind, value: number): DamageLevel {
  const { amber, red, isLowBad } = BOUNDS[kind];
  const isBeyond = (bound: number): boolean => (isLowBad ? value < bound : value > bound);
  if (!Number.isFinite(value) || isBeyond(red)) return "broken";
  return isBeyond(amber) ? "worn" : "sound";
}

export function damageMeasure(
  kind: DamageKind,
  value: number,
  count: number,
  sides?: { base: number; now: number },
): DamageMeasure {
  const { amber, red } = BOUNDS[kind];
  const { base = null, now = null } = sides ?? {};
  return { kind, value, base, now, amber, red, level: levelOf(kind, value), count };
}

export const worstLevel = (measures: readonly { level: DamageLevel }[]): DamageLevel =>
  ORDER[Math.max(0, ...measures.map(({ level }) => ORDER.indexOf(level)))]!;
