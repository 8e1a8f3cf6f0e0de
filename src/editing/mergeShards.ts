/**
 * Copies of one map become one (WISE; algorithms.md 13.4). Works on differences from the map. TIES trims each, elects a
 * sign for every entry and averages what has it; the other rules are its steps taken one at a time.
 */

export const MERGE_RULES = ["ties", "magnitude_norm", "magnitude", "sign", "linear", "first"] as const;
export type MergeRule = (typeof MERGE_RULES)[number];

type Steps = { trim?: boolean; elect?: boolean; divide?: boolean };
const STEPS: Record<Exclude<MergeRule, "first">, Steps> = {
  ties: { trim: true, elect: true },
  magnitude_norm: { trim: true, divide: true },
  magnitude: { trim: true },
  sign: { elect: true },
  linear: {},
};

export type Merging = {
  rule: MergeRule;
  /** Share of each difference's entries that trimming keeps, the largest. */
  density: number;
  /** Of all together. */
  weight: number;
};

/** One difference made of several of equal size. `first` takes a share of the first alone, as the published `linear` does. */
export function mergeShards(
  shards: readonly Float32Array[],
  { rule, density, weight }: Merging,
): Float32Array<ArrayBuffer> {
  const share = weight / shards.length;
  if (rule === "first") return Float32Array.from(shards[0]!, (value) => share * value);
  const steps = STEPS[rule];
  const kept = steps.trim ? shards.map((values) => trim(values, density)) : shards;
  return Float32Array.from(kept[0]!, (_, i) => {
    const sum = kept.reduce((total, values) => total + share * values[i]!, 0);
    if (steps.elect) return meanOfSign(kept, i, sum >= 0);
    return steps.divide ? sum / weight : sum;
  });
}

/** The mean over the shards whose entry has the elected sign. */
function meanOfSign(shards: readonly Float32Array[], i: number, positive: boolean): number {
  const agreeing = shards
    .map((values) => values[i]!)
    .filter((value) => value !== 0 && value > 0 === positive);
  return agreeing.reduce((sum, value) => sum + value, 0) / Math.max(1, agreeing.length);
}

/** Only the largest entries by size, as many as the density says. */
function trim(values: Float32Array, density: number): Float32Array {
  const count = Math.floor(density * values.length);
  const sizes = values.map(Math.abs);
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const kept = new Float32Array(values.length);
  for (const i of order.subarray(0, count)) kept[i] = values[i]!;
  return kept;
}
