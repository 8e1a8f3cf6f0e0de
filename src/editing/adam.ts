/** Adam over one vector (arXiv 1412.6980) with the published defaults, in float64. */

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export class Adam {
  readonly #learningRate: number;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #steps = 0;

  constructor(size: number, learningRate: number) {
    this.#learningRate = learningRate;
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
  }

  /** Moves `x` one step against `gradient`, in place. */
  update(x: Float64Array, gradient: Float64Array): void {
    this.#steps += 1;
    const firstScale = 1 - BETA1 ** this.#steps;
    const secondScale = 1 - BETA2 ** this.#steps;
    for (let i = 0; i < x.length; i++) {
      const g = gradient[i]!;
      const first = (this.#first[i] = BETA1 * this.#first[i]! + (1 - BETA1) * g);
      const second = (this.#second[i] = BETA2 * this.#second[i]! + (1 - BETA2) * g * g);
      x[i]! -= (this.#learningRate * (first / firstScale)) / (Math.sqrt(second / secondScale) + EPSILON);
    }
  }
}
