/**
 * A long text run once for all its chunks (algorithms.md 9.3): blocks up to the edited one for every position, and those
 * above for the positions before the chunk at hand, with the vectors decided so far in their places. What a chunk adds
 * to this is its own tokens only, so that many small chunks cost no more passes than a few large ones.
 */
import { add, slice } from "../gpu/ops";
import { dispose, keep, tensor, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { KeyValueCache, type KeyValue } from "../model/cache";
import { embed, oneRow, runBlocksWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import type { TargetSite } from "./targetPrefix";
import { suffixRunner, type TargetRunner } from "./targetRunner";
import type { FrozenShift, TargetRows } from "./targetRows";

export class LongPrefix {
  readonly #model: Model;
  readonly #layer: number;
  /** The edited block's output, [1, S, d]. */
  readonly #through: Tensor;
  /** Of the blocks above. */
  readonly #cache = new KeyValueCache();
  #readTo = 0;

  private constructor(model: Model, layer: number, through: Tensor) {
    this.#model = model;
    this.#layer = layer;
    this.#through = through;
  }

  /** Runs the blocks up to and with `layer`. Throws `cancelled`. */
  static async of(model: Model, ids: Int32Array, layer: number, signal?: AbortSignal): Promise<LongPrefix> {
    const embedded = embed(model, oneRow(ids));
    const through = await runBlocksWithPauses(model, 0, embedded, { toLayer: layer + 1, signal }).finally(
      () => dispose(embedded),
    );
    return new LongPrefix(model, layer, through);
  }

  /** A runner of one row's chunk; the positions before it are read on with their shifts. It lasts until the next call. */
  async runnerOf({ rows, places }: TargetRows, signal?: AbortSignal): Promise<TargetRunner> {
    const [row] = rows;
    invariant(row && rows.length === 1, "a chunk has one row");
    const { ids, lookup, frozen = [] } = row;
    await this.#readOn(lookup, frozen, signal);
    const width = this.#model.config.residualWidth;
    const suffix = keep(tidy(() => slice(this.#through, [0, lookup, 0], [1, ids.length - lookup, width])));
    const atSite = keep(tidy(() => slice(suffix, [0, 0, 0], [1, 1, width])));
    const site: TargetSite = { layer: this.#layer, kind: "resid" };
    const local = places.map(({ position }) => position - lookup);
    const positions = ids.length - lookup;
    const segments = (layer: number) => [
      { rows: 1, positions, firstPosition: this.#readTo, prefix: this.#prefix(layer) },
    ];
    const start = { suffix, firsts: [0], atSite, first: 0 };
    const runner = await suffixRunner(this.#model, site, start, local, segments);
    return {
      ...runner,
      dispose: () => {
        runner.dispose();
        dispose(suffix, atSite);
      },
    };
  }

  dispose(): void {
    dispose(this.#through);
    this.#cache.dispose();
  }

  #prefix(layer: number): KeyValue | undefined {
    return this.#cache.prefix(layer - this.#layer - 1);
  }

  /** Reads positions up to `position` into the blocks above. */
  async #readOn(
    position: number,
    frozen: readonly FrozenShift[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const from = this.#readTo;
    if (position === from) return;
    invariant(position > from, "chunks come in order");
    this.#readTo = position;
    if (this.#layer === this.#model.config.layers - 1) return;
    const added: KeyValue[] = [];
    const shifted = this.#shifted(from, position, frozen);
    try {
      const residual = await runBlocksWithPauses(this.#model, this.#layer + 1, shifted, {
        firstPosition: from,
        prefix: (layer) => this.#prefix(layer),
        keepKeyValue: (_layer, kept) => void added.push(kept),
        lastQueryOnly: true,
        signal,
      });
      dispose(residual);
    } catch (error) {
      for (const { key, value } of added) dispose(key, value);
      throw error;
    } finally {
      dispose(shifted);
    }
    this.#cache.append(added);
  }

  /** The edited block's output at positions from … to - 1 with what was decided there. */
  #shifted(from: number, to: number, frozen: readonly FrozenShift[]): Tensor {
    const width = this.#model.config.residualWidth;
    const shifts = new Float32Array((to - from) * width);
    for (const { position, delta } of frozen) {
      if (position >= from && position < to) shifts.set(delta, (position - from) * width);
    }
    return tidy(() =>
      keep(
        add(slice(this.#through, [0, from, 0], [1, to - from, width]), tensor(shifts, [1, to - from, width])),
      ),
    );
  }
}
