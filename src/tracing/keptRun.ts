/**
 * One pass over the clean row and the N corrupted ones with everything kept that a sweep branches off from: the residual
 * around every block, keys and values, and where asked the outputs of one sub-module.
 */
import { reshape, slice } from "../gpu/ops";
import { dispose, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import type { KeyValue } from "../model/cache";
import { runBlocksWithPauses } from "../model/forward";
import { collect, type Site } from "../model/hooks";
import type { Model } from "../model/model";

/** A sub-module whose output can be restored or severed, by the name of its site. */
export type OutputSite = "mlpOut" | "attnOut";

export class KeptRun {
  readonly samples: number;
  readonly positions: number;
  readonly layers: number;
  /** [0] enters block 0, [l + 1] leaves block l; each [N + 1, T, d]. */
  readonly #residuals: readonly Tensor[];
  readonly #keyValues: readonly KeyValue[];
  readonly #outputs: readonly Tensor[];

  private constructor(
    residuals: readonly Tensor[],
    keyValues: readonly KeyValue[],
    outputs: readonly Tensor[],
  ) {
    const [rows, positions] = residuals[0]!.shape as [number, number];
    this.samples = rows - 1;
    this.positions = positions;
    this.layers = keyValues.length;
    this.#residuals = residuals;
    this.#keyValues = keyValues;
    this.#outputs = outputs;
  }

  /**
   * Runs all blocks over `embedded` [N + 1, T, d] and takes ownership of it, also when it fails. `site` is the
   * sub-module whose outputs are wanted later.
   * @throws AppError cancelled
   */
  static async make(
    model: Model,
    embedded: Tensor,
    site?: OutputSite,
    signal?: AbortSignal,
  ): Promise<KeptRun> {
    const layers = Array.from({ length: model.config.layers }, (_, layer) => layer);
    const residualSites: Site[] = layers.map((layer): Site => `blocks.${layer}.resid`);
    const outputSites: Site[] =
      site === undefined ? [] : layers.map((layer): Site => `blocks.${layer}.${site}`);
    const { hook, found } = collect([...residualSites, ...outputSites]);
    const keyValues: KeyValue[] = [];
    try {
      const last = await runBlocksWithPauses(model, 0, embedded, {
        at: hook,
        keepKeyValue: (_layer, kept) => void keyValues.push(kept),
        signal,
      });
      dispose(last);
    } catch (error) {
      dispose(embedded, ...found.values(), ...keyValues.flatMap(({ key, value }) => [key, value]));
      throw error;
    }
    const at = (where: Site): Tensor => found.get(where)!;
    return new KeptRun([embedded, ...residualSites.map(at)], keyValues, outputSites.map(at));
  }

  /** What the run started from, [N + 1, T, d]; stays this run's. */
  get embedded(): Tensor {
    return this.#residuals[0]!;
  }

  /** Corrupted residual entering `layer`, positions from `from` on: [N, T - from, d]. The caller owns it. */
  entering(layer: number, from: number): Tensor {
    return slice(this.#residuals[layer]!, [1, from, 0], [this.samples, -1, -1]);
  }

  /** Clean residual after block `layer` at one position, [1, d]. */
  cleanResidual(layer: number, position: number): Tensor {
    return this.#vector(this.#residuals[layer + 1]!, 0, 1, position);
  }

  /** Clean output of the kept sub-module, [1, d]. */
  cleanOutput(layer: number, position: number): Tensor {
    return this.#vector(this.#output(layer), 0, 1, position);
  }

  /** Corrupted outputs of the kept sub-module, [N, d]. */
  corruptedOutput(layer: number, position: number): Tensor {
    return this.#vector(this.#output(layer), 1, this.samples, position);
  }

  /** Residual of all rows at the last position after the last block, [N + 1, d]. */
  lastRows(): Tensor {
    return this.#vector(this.#residuals[this.layers]!, 0, this.samples + 1, this.positions - 1);
  }

  /** Corrupted keys and values of the positions before `position`; undefined for the first. The caller owns them. */
  prefix(layer: number, position: number): KeyValue | undefined {
    if (position === 0) return undefined;
    const { key, value } = this.#keyValues[layer]!;
    const before = (x: Tensor): Tensor => slice(x, [1, 0, 0], [this.samples, position, -1]);
    return { key: before(key), value: before(value) };
  }

  dispose(): void {
    dispose(...this.#residuals, ...this.#outputs);
    for (const { key, value } of this.#keyValues) dispose(key, value);
  }

  #output(layer: number): Tensor {
    const output = this.#outputs[layer];
    invariant(output, "the sub-module's outputs were asked for");
    return output;
  }

  /** Rows `firstRow` … of one position, [rows, d]. */
  #vector(x: Tensor, firstRow: number, rows: number, position: number): Tensor {
    const width = x.shape[2]!;
    return tidy(() => reshape(slice(x, [firstRow, position, 0], [rows, 1, width]), [rows, width]));
  }
}
