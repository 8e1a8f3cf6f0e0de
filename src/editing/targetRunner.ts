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
import type { TargetRows } from "./targetRows";

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
  // Rows that begin at the same position share a segment: sorted, they lie side by side.
  const order = target.rows
    .map((_, row) => row)
    .sort((a, b) => target.rows[a]!.lookup - target.rows[b]!.lookup);
  const rows = order.map((row) => target.rows[row]!);
  const suffixLength = Math.max(...rows.map(({ ids, lookup }) => ids.length - lookup));
  const places = target.places.map(({ row, position }) =>
    flatRow({ positions: suffixLength }, order.indexOf(row), position - target.rows[row]!.lookup),
  );
  const { suffix, atSite, segments } = await runPrefix(model, rows, suffixLength, site, signal);
  const entry = entryOf(model, site, suffix, atSite);
  const targetInit = await readRow(atSite, order.indexOf(0));
  return {
    targetInit,
    steps: [entry.step, ...blocksAbove(model, site.layer, places, (layer) => segments.get(layer))],
    dispose: () => {
      entry.dispose();
      dispose(suffix, atSite);
      disposeSegments(segments);
    },
  };
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
 * δ to the site's block's output [B, S, d]: what the block gave without δ, and at each row's first position δ more,
 * or, where the family puts a norm on the MLP's output, what the norm makes of it.
 */
function entryOf(
  model: Model,
  { layer, kind }: TargetSite,
  suffix: Tensor,
  atSite: Tensor,
): { step: Step; dispose(): void } {
  const [rows, positions] = suffix.shape as [number, number, number];
  const firsts = range(0, rows).map((row) => row * positions);
  if (!(kind === "mlpRaw" && model.config.outputNorms)) {
    const first = keep(oneHot(rows * positions, firsts, () => 0, 1));
    return {
      step: (delta) => addRows(suffix, first, reshape(delta, [1, -1])),
      dispose: () => dispose(first),
    };
  }
  const ofRow = keep(oneHot(rows * positions, firsts, (row) => row, rows));
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
  /** [B, suffixLength, d] */
  suffix: Tensor;
  /** [B, d] */
  atSite: Tensor;
  segments: Map<number, Segment[]>;
};

/**
 * Runs all rows through the vector's block, and the positions before the vector's tokens through the rest. Returns the
 * block's output from each row's own lookup on, the site's output at the lookups, and per layer above what the suffixes
 * look back on.
 */
async function runPrefix(
  model: Model,
  rows: TargetRows["rows"],
  suffixLength: number,
  site: TargetSite,
  signal?: AbortSignal,
): Promise<Prefix> {
  const tokens = rightPadded(rows.map(({ ids }) => ids));
  const lookups = rows.map(({ lookup }, row) => flatRow(tokens, row, lookup));
  const embedded = embed(model, tokens);
  let atSite: Tensor | undefined;
  const at = (name: Site, x: Tensor): Tensor => {
    if (name === nameOf(site)) atSite = tidy(() => keep(gatherRows(flat(x), lookups)));
    return x;
  };
  const segments = new Map<number, Segment[]>();
  let through: Tensor | undefined;
  try {
    through = await runBlocksWithPauses(model, 0, embedded, { toLayer: site.layer + 1, at, signal });
    const longest = Math.max(...rows.map(({ lookup }) => lookup));
    if (longest > 0 && site.layer + 1 < model.config.layers) {
      const before = withFrozen(
        slice(through, [0, 0, 0], [rows.length, longest, model.config.residualWidth]),
        rows,
      );
      const keepKeyValue = (layer: number, kept: KeyValue) => segments.set(layer, cutSegments(rows, kept));
      const options = { keepKeyValue, lastQueryOnly: true, signal };
      dispose(
        await runBlocksWithPauses(model, site.layer + 1, before, options).finally(() => dispose(before)),
      );
    }
    invariant(atSite, "the forward pass has the site");
    return { suffix: keep(suffixes(through, rows, tokens.positions, suffixLength)), atSite, segments };
  } catch (error) {
    dispose(atSite);
    disposeSegments(segments);
    throw error;
  } finally {
    dispose(embedded, through);
  }
}

/** x [B, S, d] plus what earlier optimisations decided at positions before the lookups (AnyEdit's chunks). Frees x. */
function withFrozen(x: Tensor, rows: TargetRows["rows"]): Tensor {
  if (rows.every(({ frozen = [] }) => frozen.length === 0)) return x;
  const [, positions, width] = x.shape as [number, number, number];
  const shifts = new Float32Array(rows.length * positions * width);
  rows.forEach(({ frozen = [] }, row) => {
    for (const { position, delta } of frozen) shifts.set(delta, (row * positions + position) * width);
  });
  const shifted = tidy(() => keep(add(x, tensor(shifts, x.shape))));
  dispose(x);
  return shifted;
}

function disposeSegments(segments: ReadonlyMap<number, readonly Segment[]>): void {
  for (const list of segments.values()) for (const { prefix } of list) dispose(prefix?.key, prefix?.value);
}

/** Each row's positions from its lookup on; past a row's end any value will do, nothing looks there. */
function suffixes(through: Tensor, rows: TargetRows["rows"], positions: number, length: number): Tensor {
  const width = through.shape.at(-1)!;
  const places = rows.flatMap(({ lookup }, row) =>
    Array.from({ length }, (_, s) => row * positions + Math.min(lookup + s, positions - 1)),
  );
  return tidy(() => reshape(gatherRows(flat(through), places), [rows.length, length, width]));
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
