/**
 * What a side memory holds, as data (WISE, arXiv 2405.14768; algorithms.md 13): the copy being written, the closed ones,
 * which entries a shard may change, when a copy is closed and when closed ones become one. Training is trainSideMemory.ts.
 */
import type { Shard, SideMemory } from "../domain/edit";
import { packEntries, unpackEntries } from "../lib/packedEntries";
import { legacyRandom } from "../lib/random/legacyRandom";
import type { MatrixName } from "../model/weightNames";
import { mergeShards, type MergeRule } from "./mergeShards";

export type ShardSettings = {
  routing: "token" | "text";
  actRatio: number;
  saveEvery: number;
  mergeEvery: number;
  merge: MergeRule;
  density: number;
  mergeWeight: number;
};

/** Nothing written yet. */
export const emptySideMemory = (
  weight: MatrixName,
  inWidth: number,
  out: number,
  activation: SideMemory["activation"],
  { routing, actRatio }: ShardSettings,
): SideMemory => ({
  weight,
  in: inWidth,
  out,
  activation,
  routing,
  actRatio,
  facts: 0,
  maskSeed: 0,
  closed: [],
});

/** Each shard has a subspace of its own: a new draw whenever one begins. */
export const maskSeedFor = (memory: SideMemory, { saveEvery }: ShardSettings, seed: number): number =>
  memory.facts % saveEvery === 0 ? (seed + memory.facts) >>> 0 : memory.maskSeed;

/** 1 at the entries that may change, a share `ratio` of them. */
export function drawMask(size: number, ratio: number, seed: number): Float32Array {
  const { uniform } = legacyRandom(seed);
  return Float32Array.from({ length: size }, () => (uniform() < ratio ? 1 : 0));
}

/** The memory after one more fact: its copy is closed when it is full, and closed ones are merged when it is time. */
export function withFact(
  memory: SideMemory,
  trained: Shard,
  maskSeed: number,
  { routing, actRatio, saveEvery, mergeEvery, merge, density, mergeWeight }: ShardSettings,
): SideMemory {
  const facts = memory.facts + 1;
  const closest = Math.min(memory.open?.closest ?? Infinity, trained.closest);
  const shard = { ...trained, closest };
  const { open: _open, ...rest } = memory;
  const next = { ...rest, routing, actRatio, facts, maskSeed };
  if (facts % saveEvery !== 0) return { ...next, open: shard };
  const closed = [...memory.closed, shard];
  const count = Math.min(closed.length, Math.max(1, Math.floor(mergeEvery / saveEvery)));
  if (facts % mergeEvery !== 0 || count < 2) return { ...next, closed };
  const last = closed.slice(-count);
  const values = mergeShards(
    last.map(({ entries }) => unpackEntries(entries)),
    { rule: merge, density, weight: mergeWeight },
  );
  const together = { entries: packEntries(values), closest: Math.min(...last.map((one) => one.closest)) };
  return { ...next, closed: [...closed.slice(0, -count), together] };
}
