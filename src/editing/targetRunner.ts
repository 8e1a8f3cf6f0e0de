/**
 * How a target's optimisation runs the model: from a vector to the final residual where the loss reads it, as a chain
 * of differentiable steps, one per block, so that a job can pause between them. Two ways give the same numbers:
 * `cachedRunner` runs only what the vector can reach, `wholeRunner` runs everything each time and is the obvious twin.
 *
 * The vector enters at one block's site and one token per row, so four things never change and are computed once: the
 * blocks up to that site, every position before that token (its keys and values suffice), and rows past their last
 * label; and of the last block only the places that the loss reads are needed.
 */
import { add, flatRows, gatherRows, matmul, reshape, sub } from "../gpu/ops";
import { dispose, keep, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { range } from "../lib/range";
import { runBlock, type Segment } from "../model/block";
import { embed, runBlocks } from "../model/forward";
import { collect } from "../model/hooks";
import type { Model } from "../model/model";
import { normalise } from "../model/projections";
import { flatRow, rightPadded } from "./rightPadded";
import { compareRows, disposeSegments, nameOf, runPrefix, startsOf, type TargetSite } from "./targetPrefix";
import type { TargetRows } from "./targetRows";

export type TargetRunner = {
  /** The site's output at row 0 before anything is added, [d]. */
  targetInit: Float64Array;
  /** From δ [d], added at the site, to the residual rows [places, d] after the last block. */
  steps: readonly Step[];
  dispose(): void;
};

/** Differentiable; takes the step before's result. */
export type Step = (x: Tensor) => Tensor;

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
    steps: [toSite, ...above, (x) => gatherRows(flatRows(x), places)],
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
  if (layer === last) return [(x) => gatherRows(flatRows(x), places)];
  return range(layer + 1, last + 1).map((at): Step => {
    const options = { segments: segments(at), ...(at === last ? { outputAt: places } : {}) };
    return at === last
      ? (x) => flatRows(runBlock(model, at, x, options).residual)
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

async function readRow(x: Tensor, row: number): Promise<Float64Array> {
  const gathered = tidy(() => gatherRows(flatRows(x), [row]));
  const values = Float64Array.from(await read(gathered));
  dispose(gathered);
  return values;
}
