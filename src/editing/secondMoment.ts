/** The running mean of k kᵀ, and how much it still moves. */
import type { SpdFactor } from "../linalg/solveSpd";

export type Convergence = { tokens: number; change: number };

export type SecondMoment = {
  /** f. */
  readonly width: number;
  /** C [f, f], row-major, symmetric. */
  readonly values: Float64Array;
  /** How many keys were averaged; 0 when the file does not tell. */
  readonly tokens: number;
  /** ‖C(n) − C(n/2)‖ / ‖C(n)‖ at every doubling of n. */
  readonly convergence: readonly Convergence[];
  /** Cholesky factor of C and its ridge, where they are known already. */
  readonly factor?: SpdFactor;
};

/** Tokens at the first checkpoint; the following are at every doubling. */
const FIRST_CHECKPOINT = 256;

export class MomentAccumulator {
  readonly #width: number;
  readonly #sum: Float64Array;
  readonly #convergence: Convergence[] = [];
  #tokens = 0;
  #checkpoint = FIRST_CHECKPOINT;
  /** C at the last checkpoint; float32 is plenty for a difference of per cents. */
  #earlier: Float32Array | undefined;

  constructor(width: number) {
    this.#width = width;
    this.#sum = new Float64Array(width * width);
  }

  /** Adds a chunk's Σ k kᵀ [f, f] over `tokens` keys. */
  add(product: Float32Array, tokens: number): void {
    for (let i = 0; i < this.#sum.length; i++) this.#sum[i]! += product[i]!;
    this.#tokens += tokens;
    if (this.#tokens >= this.#checkpoint) this.#check();
  }

  finish(): SecondMoment {
    const last = this.#convergence.at(-1)?.tokens ?? 0;
    if (this.#earlier && this.#tokens > last) this.#check();
    const values = this.#sum.map((value) => value / this.#tokens);
    return { width: this.#width, values, tokens: this.#tokens, convergence: this.#convergence };
  }

  #check(): void {
    const scale = 1 / this.#tokens;
    const earlier = this.#earlier;
    if (earlier) {
      let difference = 0;
      let size = 0;
      for (let i = 0; i < this.#sum.length; i++) {
        const value = this.#sum[i]! * scale;
        difference += (value - earlier[i]!) ** 2;
        size += value ** 2;
      }
      this.#convergence.push({ tokens: this.#tokens, change: Math.sqrt(difference / size) });
    }
    this.#earlier = Float32Array.from(this.#sum, (value) => value * scale);
    while (this.#checkpoint <= this.#tokens) this.#checkpoint *= 2;
  }
}
