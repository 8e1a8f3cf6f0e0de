/**
 * How a target's optimisation runs the model: from a vector to the final residual where the loss reads it. Two ways
 * give the same numbers: `cachedRunner` runs only what the vector can reach, `wholeRunner` runs everything each time
 * and is the obvious twin.
 *
 * The vector enters at one block's site and one token per row, so three things never change and are computed once:
 * the blocks below, every position before that token (its keys and values suffice), and rows past their last label.
 */
import { add, gatherRows, matmul, reshape, slice } from "../gpu/ops";
import { dispose, keep, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import type { KeyValue } from "../model/cache";
import { embed, runBlocks, runBlocksWithPauses, type ResumeOptions, type Segment } from "../model/forward";
import { collect, type Hook, type Site } from "../model/hooks";
import type { Model } from "../model/model";
import { flatRow, rightPadded } from "./rightPadded";
import type { TargetRows } from "./targetRows";

/** Where the vector is added: the output of a block's MLP projection (ROME) or the block's own output (MEMIT). */
export type TargetSite = { layer: number; kind: "mlpRaw" | "resid" };

export type TargetRunner = {
  /** The site's output at row 0 before anything is added, [d]. */
  targetInit: Float64Array;
  /** Residual rows [places, d] after the last block with `delta` [d] added at the site. Differentiable. */
  residualAt(delta: Tensor): Tensor;
  dispose(): void;
};

const nameOf = ({ layer, kind }: TargetSite): Site => `blocks.${layer}.${kind}`;

/** Everything that does not depend on the vector is computed here, once. Throws `cancelled`. */
export async function cachedRunner(
  model: Model,
  target: TargetRows,
  site: TargetSite,
  signal?: AbortSignal,
): Promise<TargetRunner> {
  // Rows that begin at the same position share a segment: sorted, they lie side by side.
  const order = target.rows
    .map((_, row) => row)
    .sort((a, b) => target.rows[a]!.lookup - target.rows[b]!.lookup);
  const rows = order.map((row) => target.rows[row]!);
  const suffixLength = Math.max(...rows.map(({ ids, lookup }) => ids.length - lookup));
  const { suffix, segments } = await runPrefix(model, rows, suffixLength, site.layer, signal);
  const mask = keep(
    placesMask(
      rows.map(() => 0),
      suffixLength,
    ),
  ); // the vector's token is each suffix's first
  const options = { segments: (layer: number) => segments.get(layer) };
  const places = target.places.map(({ row, position }) =>
    flatRow({ positions: suffixLength }, order.indexOf(row), position - target.rows[row]!.lookup),
  );
  const bare = flatRow({ positions: suffixLength }, order.indexOf(0), 0);
  return {
    targetInit: await readSite(model, suffix, site, bare, options),
    residualAt: (delta) => residualAt(model, site, suffix, mask, delta, places, options),
    dispose: () => {
      dispose(suffix, mask);
      for (const list of segments.values())
        for (const { prefix } of list) dispose(prefix?.key, prefix?.value);
    },
  };
}

/** The same function of the vector, running every block over every position each time. */
export async function wholeRunner(model: Model, target: TargetRows, site: TargetSite): Promise<TargetRunner> {
  const tokens = rightPadded(target.rows.map(({ ids }) => ids));
  const mask = keep(
    placesMask(
      target.rows.map(({ lookup }) => lookup),
      tokens.positions,
    ),
  );
  const places = target.places.map(({ row, position }) => flatRow(tokens, row, position));
  const fromBottom = { ...site, from: 0 };
  const start = embed(model, tokens);
  return {
    targetInit: await readSite(model, start, fromBottom, flatRow(tokens, 0, target.rows[0]!.lookup)),
    residualAt: (delta) => residualAt(model, fromBottom, start, mask, delta, places),
    dispose: () => dispose(start, mask),
  };
}

type Start = TargetSite & { from?: number };

function residualAt(
  model: Model,
  { from, ...site }: Start,
  start: Tensor,
  mask: Tensor,
  delta: Tensor,
  places: readonly number[],
  options: ResumeOptions = {},
): Tensor {
  return tidy(() => {
    const at = addAt(nameOf(site), mask, delta);
    const residual = runBlocks(model, from ?? site.layer, start, { ...options, at });
    return gatherRows(reshape(residual, [-1, model.config.residualWidth]), places);
  });
}

/** Adds `delta` [d] to a site wherever `mask` [B · S, 1] is 1. */
const addAt =
  (where: Site, mask: Tensor, delta: Tensor): Hook =>
  (site, x) =>
    site === where ? add(x, reshape(matmul(mask, reshape(delta, [1, -1])), x.shape)) : x;

/** [B · S, 1]: one in each row at its position, else zero. */
function placesMask(positions: readonly number[], length: number): Tensor {
  const mask = new Float32Array(positions.length * length);
  positions.forEach((position, row) => (mask[row * length + position] = 1));
  return tensor(mask, [mask.length, 1]);
}

async function readSite(
  model: Model,
  start: Tensor,
  { from, ...site }: Start,
  row: number,
  options: ResumeOptions = {},
): Promise<Float64Array> {
  const { hook, found } = collect([nameOf(site)]);
  dispose(runBlocks(model, from ?? site.layer, start, { ...options, toLayer: site.layer + 1, at: hook }));
  const activation = found.get(nameOf(site));
  invariant(activation, "the forward pass has the site");
  const gathered = tidy(() => gatherRows(reshape(activation, [-1, model.config.residualWidth]), [row]));
  const values = Float64Array.from(await read(gathered));
  dispose(gathered, activation);
  return values;
}

type Prefix = { suffix: Tensor; segments: Map<number, Segment[]> };

/**
 * Runs all rows up to the vector's block, and the positions before the vector's tokens through the rest. Returns the
 * block's input from each row's own lookup on, [B, suffixLength, d], and per layer what the suffixes look back on.
 */
async function runPrefix(
  model: Model,
  rows: TargetRows["rows"],
  suffixLength: number,
  layer: number,
  signal?: AbortSignal,
): Promise<Prefix> {
  const tokens = rightPadded(rows.map(({ ids }) => ids));
  const embedded = embed(model, tokens);
  const below = await runBlocksWithPauses(model, 0, embedded, { toLayer: layer, signal }).finally(() =>
    dispose(embedded),
  );
  const segments = new Map<number, Segment[]>();
  try {
    const longest = Math.max(...rows.map(({ lookup }) => lookup));
    if (longest > 0) {
      const before = slice(below, [0, 0, 0], [rows.length, longest, model.config.residualWidth]);
      const keepKeyValue = (at: number, kept: KeyValue) => segments.set(at, cutSegments(rows, kept));
      const options = { keepKeyValue, lastQueryOnly: true, signal };
      dispose(await runBlocksWithPauses(model, layer, before, options).finally(() => dispose(before)));
    }
    return { suffix: keep(suffixes(below, rows, tokens.positions, suffixLength)), segments };
  } catch (error) {
    for (const list of segments.values()) for (const { prefix } of list) dispose(prefix?.key, prefix?.value);
    throw error;
  } finally {
    dispose(below);
  }
}

/** Each row's positions from its lookup on; past a row's end any value will do, nothing looks there. */
function suffixes(below: Tensor, rows: TargetRows["rows"], positions: number, length: number): Tensor {
  const width = below.shape.at(-1)!;
  const places = rows.flatMap(({ lookup }, row) =>
    Array.from({ length }, (_, s) => row * positions + Math.min(lookup + s, positions - 1)),
  );
  return tidy(() => reshape(gatherRows(reshape(below, [-1, width]), places), [rows.length, length, width]));
}

/** Keys and values [B, longest, width] cut into runs of rows with equal lookups. Takes ownership of `kept`. */
function cutSegments(rows: TargetRows["rows"], { key, value }: KeyValue): Segment[] {
  const segments: Segment[] = [];
  let first = 0;
  while (first < rows.length) {
    const firstPosition = rows[first]!.lookup;
    const end = rows.findLastIndex(({ lookup }) => lookup === firstPosition) + 1;
    const cut = (x: Tensor) => keep(slice(x, [first, 0, 0], [end - first, firstPosition, x.shape[2]!]));
    const prefix = firstPosition > 0 ? { key: cut(key), value: cut(value) } : undefined;
    segments.push({ rows: end - first, firstPosition, prefix });
    first = end;
  }
  dispose(key, value);
  return segments;
}
