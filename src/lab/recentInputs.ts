/**
 * What edits need besides their requests and what the same session computed a moment ago: second moments (with their
 * Cholesky factor, which hangs on them) and sampled contexts. Both belong to the untouched weights, so no edit makes them stale.
 */
import type { Statistics } from "../editing/statistics";

/** Bytes of second moments and factors kept, both in float64; the oldest go first. */
const MOST_BYTES = 256 * 2 ** 20;
const BYTES_PER_NUMBER = 16;

export class RecentInputs {
  readonly #statistics = new Map<number, Statistics>();
  readonly #contexts = new Map<string, readonly string[]>();

  statistics(layer: number): Statistics | undefined {
    return this.#statistics.get(layer);
  }

  /** Takes the place of what was kept of this layer. */
  keepStatistics(layer: number, statistics: Statistics): void {
    this.#statistics.delete(layer);
    this.#statistics.set(layer, statistics);
    for (const oldest of this.#statistics.keys()) {
      if (this.#bytes() <= MOST_BYTES) return;
      this.#statistics.delete(oldest);
    }
  }

  /** The templates that `sample` gives for these words (kind and seed), sampled at the first call. */
  async contexts(key: string, sample: () => Promise<readonly string[]>): Promise<readonly string[]> {
    const known = this.#contexts.get(key) ?? (await sample());
    this.#contexts.set(key, known);
    return known;
  }

  #bytes(): number {
    const moments = [...this.#statistics.values()].flatMap(({ layers }) => [...layers.values()]);
    return moments.reduce((bytes, { width }) => bytes + BYTES_PER_NUMBER * width ** 2, 0);
  }
}
