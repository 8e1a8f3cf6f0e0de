/**
 * How a target's optimisation runs the model: from a vector to the final residual where the loss reads it, as a chain
 * of differentiable steps, one per block, so that a job can pause between them. Two ways give the same numbers:
 * `cachedRunner` runs only what the vector can reach, `wholeRunner` runs everything each time and is the obvious twin.
 *
 * The vector enters at one block's site and one token per row, so four things never change and are computed once: the
 * blocks up to that site, every position before that token (its keys and values suffice), and rows past their last
 * label; and of the last block only the places that the loss reads are needed.
 */
import { add, gatherRows, matmul, reshape, slice, sub } from "../gpu/ops";
import { dispose, keep, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { runBlock, type Segment } from "../model/block";
import type { KeyValue } from "../model/cache";
import { embed, runBlocks, runBlocksWithPauses } from "../model/forward";
import { collect, type Site } from "../model/hooks";
import type { Model } from "../model/model";
import { normalise } from "../model/projections";
import { flatRow, rightPadded } from "./rightPadded";
import type { TargetRow, TargetRows } from "./targetRows";

/** Where the vector is added: the output of a block's MLP projection (ROME) or the block's own output (MEMIT). */
export type TargetSite = { layer: number; kind: "mlpRaw" | "resid" };

export type TargetRunner = {
  /** The site's output at row 0 before anything is added, [d]. */
  targetInit: Float64Array;
  /** From δ [d], added at the site, to the residual rows [places, d] after the last block. */
  steps: readonly Step[];
  dispose(): void;
};

/** Differentiable; takes the step before's result. */
export type Step = (x: Tensor) => Tensor;

const nameOf = ({ layer, kind }: TargetSite): Site => `blocks.${layer}.${kind}`;

/** Everything that does not depend on the vector is computed here, once. Throws `cancelled`. */
export async function cachedRunner(
  model: Model,
  target: TargetRows,
  site: TargetSite,
  signal?: AbortSignal,
): Promise<TargetRunner> {
  // Rows of equal lookups and lengths share a segment: sorted, they lie side by side.
  const order = target.rows
    .map((_, row) => row)
    .sort((a, b) => compareRows(target.rows[a]!, target.rows[b]!));
  const rows = order.map((row) => target.rows[row]!);
  const firsts = startsOf(rows.map(({ ids, lookup }) => ids.length - lookup));
  const places = target.places.map(
    ({ row, position }) => firsts[order.indexOf(row)]! + position - target.rows[row]!.lookup,
  );
  const { suffix, atSite, segments } = await runPrefix(model, rows, site, signal);
  const start = { suffix, firsts, atSite, first: order.indexOf(0) };
  const runner = await suffixRunner(model, site, start, places, (layer) => segments.get(layer));
  return {
    ...runner,
    dispose: () => {
      runner.dispose();
      dispose(suffix, atSite);
      disposeSegments(segments);
    },
  };
}

const compareRows = (a: TargetRow, b: TargetRow): number =>
  a.lookup - b.lookup || a.ids.length - b.ids.length;

/** Where each of consecutive runs of these lengths begins. */
function startsOf(lengths: readonly number[]): number[] {
  let at = 0;
  return lengths.map((length) => (at += length) - length);
}

/**
 * Where a run begins: the block's output from each row's lookup on [1, N, d], row after row; where in it each row
 * begins; the site's output at the lookups [B, d]; and which of the rows is the target's row 0.
 */
export type SuffixStart = { suffix: Tensor; firsts: readonly number[]; atSite: Tensor; first: number };

/** From the vector on; what it is given stays the caller's and has to last as long as the runner. */
export async function suffixRunner(
  model: Model,
  site: TargetSite,
  { suffix, firsts, atSite, first }: SuffixStart,
  places: readonly number[],
  segments: (layer: number) => readonly Segment[] | undefined,
): Promise<TargetRunner> {
  const entry = entryOf(model, site, suffix, firsts, atSite);
  const targetInit = await readRow(atSite, first);
  const steps = [entry.step, ...blocksAbove(model, site.layer, places, segments)];
  return { targetInit, steps, dispose: () => entry.dispose() };
}

/** The same function of the vector, running every block over every position each time. */
export async function wholeRunner(model: Model, target: TargetRows, site: TargetSite): Promise<TargetRunner> {
  const tokens = rightPadded(target.rows.map(({ ids }) => ids));
  const lookups = target.rows.map(({ lookup }, row) => flatRow(tokens, row, lookup));
  const chosen = keep(oneHot(tokens.batch * tokens.positions, lookups, () => 0, 1));
  const places = target.places.map(({ row, position }) => flatRow(tokens, row, position));
  const start = embed(model, tokens);
  const { hook, found } = collect([nameOf(site)]);
  invariant(
    target.rows.every(({ frozen }) => frozen === undefined),
    "the slow twin knows no frozen shifts",
  );
  dispose(runBlocks(model, 0, start, { toLayer: site.layer + 1, at: hook }));
  const activation = found.get(nameOf(site));
  invariant(activation, "the forward pass has the site");
  const targetInit = await readRow(activation, lookups[0]!);
  dispose(activation);
  const toSite: Step = (delta) =>
    runBlocks(model, 0, start, {
      toLayer: site.layer + 1,
      at: (name, x) => (name === nameOf(site) ? addRows(x, chosen, reshape(delta, [1, -1])) : x),
    });
  const above = range(site.layer + 1, model.config.layers).map(
    (layer): Step =>
      (x) =>
        runBlock(model, layer, x).residual,
  );
  return {
    targetInit,
    steps: [toSite, ...above, (x) => gatherRows(flat(x), places)],
    dispose: () => dispose(start, chosen),
  };
}

/** The blocks above `layer`, one step each, down to the rows [places, d] that the loss reads. */
function blocksAbove(
  model: Model,
  layer: number,
  places: readonly number[],
  segments: (layer: number) => readonly Segment[] | undefined,
): Step[] {
  const last = model.config.layers - 1;
  if (layer === last) return [(x) => gatherRows(flat(x), places)];
  return range(layer + 1, last + 1).map((at): Step => {
    const options = { segments: segments(at), ...(at === last ? { outputAt: places } : {}) };
    return at === last
      ? (x) => flat(runBlock(model, at, x, options).residual)
      : (x) => runBlock(model, at, x, options).residual;
  });
}

/**
 * δ to the site's block's output [1, N, d]: what the block gave without δ, and at each row's first position δ more,
 * or, where the family puts a norm on the MLP's output, what the norm makes of it.
 */
function entryOf(
  model: Model,
  { layer, kind }: TargetSite,
  suffix: Tensor,
  firsts: readonly number[],
  atSite: Tensor,
): { step: Step; dispose(): void } {
  const positions = suffix.shape[1]!;
  if (!(kind === "mlpRaw" && model.config.outputNorms)) {
    const first = keep(oneHot(positions, firsts, () => 0, 1));
    return {
      step: (delta) => addRows(suffix, first, reshape(delta, [1, -1])),
      dispose: () => dispose(first),
    };
  }
  const ofRow = keep(oneHot(positions, firsts, (row) => row, firsts.length));
  const normed = (x: Tensor) => normalise(model, `blocks.${layer}.mlpOutNorm`, x);
  const without = tidy(() => keep(sub(suffix, reshape(matmul(ofRow, normed(atSite)), suffix.shape))));
  return {
    step: (delta) => addRows(without, ofRow, normed(add(atSite, delta))),
    dispose: () => dispose(ofRow, without),
  };
}

/** x [B, S, d] plus placing [B · S, n] · rows [n, d]. */
const addRows = (x: Tensor, placing: Tensor, rows: Tensor): Tensor =>
  add(x, reshape(matmul(placing, rows), x.shape));

/** [height, width]: a one at (places[i], columnOf(i)), else zero. */
function oneHot(
  height: number,
  places: readonly number[],
  columnOf: (index: number) => number,
  width: number,
): Tensor {
  const values = new Float32Array(height * width);
  places.forEach((place, index) => (values[place * width + columnOf(index)] = 1));
  return tensor(values, [height, width]);
}

const range = (from: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index);

/** [B, S, d] as [B · S, d]. */
const flat = (x: Tensor): Tensor => reshape(x, [-1, x.shape.at(-1)!]);

async function readRow(x: Tensor, row: number): Promise<Float64Array> {
  const gathered = tidy(() => gatherRows(flat(x), [row]));
  const values = Float64Array.from(await read(gathered));
  dispose(gathered);
  return values;
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
async function runPrefix(
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
    if (name === nameOf(site)) atSite = tidy(() => keep(gatherRows(flat(x), lookups)));
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
  tidy(() => reshape(gatherRows(flat(x), places), [1, places.length, x.shape.at(-1)!]));

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

function disposeSegments(segments: ReadonlyMap<number, readonly Segment[]>): void {
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
