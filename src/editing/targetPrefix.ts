/**
 * What never changes while a target's vector is sought, computed once: everything up to the vector's block, and the
 * keys and values of all positions before the tokens that the vector enters at. Positions of texts of unlike lengths
 * lie one after another without padding.
 */
import { add, flatRows, gatherRows, reshape, slice } from "../gpu/ops";
import { dispose, keep, tensor, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { range } from "../lib/range";
import type { Segment } from "../model/block";
import type { KeyValue } from "../model/cache";
import { embed, runBlocksWithPauses } from "../model/forward";
import type { Site } from "../model/hooks";
import type { Model } from "../model/model";
import { flatRow, rightPadded } from "./rightPadded";
import type { TargetRow, TargetRows } from "./targetRows";

/** Where the vector is added: the output of a block's MLP projection (ROME) or the block's own output (MEMIT). */
export type TargetSite = { layer: number; kind: "mlpRaw" | "resid" };

export const nameOf = ({ layer, kind }: TargetSite): Site => `blocks.${layer}.${kind}`;

/** Rows of equal lookups and lengths are equal: they may share a segment. */
export const compareRows = (a: TargetRow, b: TargetRow): number =>
  a.lookup - b.lookup || a.ids.length - b.ids.length;

/** Where each of consecutive runs of these lengths begins. */
export function startsOf(lengths: readonly number[]): number[] {
  let at = 0;
  return lengths.map((length) => (at += length) - length);
}

type Prefix = {
  /** [1, N, d] */
  suffix: Tensor;
  /** [B, d] */
  atSite: Tensor;
  segments: Map<number, Segment[]>;
};

/**
 * Runs all rows, sorted, through the vector's block, and the positions before the vector's tokens through the rest.
 * Returns the block's output from each row's own lookup on, the site's output at the lookups, and per layer above what
 * the suffixes look back on.
 */
export async function runPrefix(
  model: Model,
  rows: TargetRows["rows"],
  site: TargetSite,
  signal?: AbortSignal,
): Promise<Prefix> {
  const starts = startsOf(rows.map(({ ids }) => ids.length));
  const whole = segmentsOf(rows, ({ ids }) => ids.length);
  const start = embedRows(model, rows);
  let atSite: Tensor | undefined;
  const at = (name: Site, x: Tensor): Tensor => {
    const lookups = rows.map(({ lookup }, row) => starts[row]! + lookup);
    if (name === nameOf(site)) atSite = tidy(() => keep(gatherRows(flatRows(x), lookups)));
    return x;
  };
  const segments = new Map<number, Segment[]>();
  let through: Tensor | undefined;
  try {
    const toSite = { toLayer: site.layer + 1, segments: () => whole, at, signal };
    through = await runBlocksWithPauses(model, 0, start, toSite);
    await runBefore(model, rows, site, through, segments, signal);
    invariant(atSite, "the forward pass has the site");
    const places = rows.flatMap(({ ids, lookup }, row) =>
      range(starts[row]! + lookup, starts[row]! + ids.length),
    );
    return { suffix: keep(placesOf(through, places)), atSite, segments };
  } catch (error) {
    dispose(atSite);
    disposeSegments(segments);
    throw error;
  } finally {
    dispose(start, through);
  }
}

/** Fills `segments`: for every layer above the site what the suffixes look back on. `through` is [1, N, d]. */
async function runBefore(
  model: Model,
  rows: TargetRows["rows"],
  site: TargetSite,
  through: Tensor,
  segments: Map<number, Segment[]>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const above = range(site.layer + 1, model.config.layers);
  const starts = startsOf(rows.map(({ ids }) => ids.length));
  const places = rows.flatMap(({ lookup }, row) => range(starts[row]!, starts[row]! + lookup));
  if (places.length === 0) {
    for (const layer of above) segments.set(layer, cutSegments(rows));
    return;
  }
  if (above.length === 0) return;
  const before = withFrozen(placesOf(through, places), rows);
  const lookingBack = segmentsOf(
    rows.filter(({ lookup }) => lookup > 0),
    ({ lookup }) => lookup,
  );
  const keepKeyValue = (layer: number, kept: KeyValue) => segments.set(layer, cutSegments(rows, kept));
  const options = { keepKeyValue, segments: () => lookingBack, outputAt: [0], signal };
  dispose(await runBlocksWithPauses(model, site.layer + 1, before, options).finally(() => dispose(before)));
}

/** Input of block 0 for texts of unlike lengths, [1, N, d]. */
function embedRows(model: Model, rows: TargetRows["rows"]): Tensor {
  const tokens = rightPadded(rows.map(({ ids }) => ids));
  const places = rows.flatMap(({ ids }, row) =>
    range(flatRow(tokens, row, 0), flatRow(tokens, row, ids.length)),
  );
  const padded = embed(model, tokens);
  return tidy(() => {
    const embedded = keep(placesOf(padded, places));
    dispose(padded);
    return embedded;
  });
}

/** Positions of the flattened x [B, S, d] as [1, n, d]. */
const placesOf = (x: Tensor, places: readonly number[]): Tensor =>
  tidy(() => reshape(gatherRows(flatRows(x), places), [1, places.length, x.shape.at(-1)!]));

/**
 * The positions before the lookups [1, N, d] plus what earlier optimisations decided there (AnyEdit's chunks). Frees x.
 */
function withFrozen(x: Tensor, rows: TargetRows["rows"]): Tensor {
  if (rows.every(({ frozen = [] }) => frozen.length === 0)) return x;
  const [, positions, width] = x.shape as [number, number, number];
  const shifts = new Float32Array(positions * width);
  const starts = startsOf(rows.map(({ lookup }) => lookup));
  rows.forEach(({ frozen = [] }, row) => {
    for (const { position, delta } of frozen) shifts.set(delta, (starts[row]! + position) * width);
  });
  const shifted = tidy(() => keep(add(x, tensor(shifts, x.shape))));
  dispose(x);
  return shifted;
}

export function disposeSegments(segments: ReadonlyMap<number, readonly Segment[]>): void {
  for (const list of segments.values()) for (const { prefix } of list) dispose(prefix?.key, prefix?.value);
}

/** Runs of rows with equal lookups and lengths, as texts of `positions` that begin at 0. */
function segmentsOf(rows: TargetRows["rows"], positions: (row: TargetRow) => number): Segment[] {
  const segments: Segment[] = [];
  let previous: TargetRow | undefined;
  for (const row of rows) {
    if (previous && compareRows(previous, row) === 0) segments.at(-1)!.rows++;
    else segments.push({ rows: 1, positions: positions(row), firstPosition: 0 });
    previous = row;
  }
  return segments;
}

/** The suffixes' segments with their keys and values, cut from those of all positions before [1, N, width]. Takes ownership of `kept`. */
function cutSegments(rows: TargetRows["rows"], kept?: KeyValue): Segment[] {
  const suffixes = segmentsOf(rows, ({ ids, lookup }) => ids.length - lookup);
  let row = 0;
  let from = 0;
  const segments = suffixes.map((segment): Segment => {
    const firstPosition = rows[row]!.lookup;
    row += segment.rows;
    if (!kept || firstPosition === 0) return segment;
    const count = segment.rows * firstPosition;
    const cut = (x: Tensor) =>
      tidy(() => keep(reshape(slice(x, [0, from, 0], [1, count, -1]), [segment.rows, firstPosition, -1])));
    const prefix = { key: cut(kept.key), value: cut(kept.value) };
    from += count;
    return { ...segment, firstPosition, prefix };
  });
  dispose(kept?.key, kept?.value);
  return segments;
}
