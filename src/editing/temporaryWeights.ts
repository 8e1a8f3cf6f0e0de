/**
 * Updates laid over the weights in use while a method works: MEMIT's keys of a layer depend on what it has just written
 * below. Afterwards everything is as it was; the stack applies the finished updates in the same arithmetic.
 */
import type { WeightUpdate } from "../domain/edit";
import { createLinear, readLinear, type LinearWeight } from "../gpu/weights";
import { invariant } from "../lib/errors";
import type { Model } from "../model/model";
import type { MatrixName } from "../model/weightNames";
import { addUpdate } from "./weightUpdates";

type Laid = { before: LinearWeight | undefined; now: LinearWeight };

export class TemporaryWeights {
  readonly #weights: Model["weights"];
  readonly #laid = new Map<MatrixName, Laid>();

  constructor({ weights }: Model) {
    this.#weights = weights;
  }

  /** The matrix in use, [in, out]. */
  async read(name: MatrixName): Promise<Float32Array> {
    return readLinear(this.#weights.matrix(name));
  }

  /** W += ΔW for as long as these last. */
  async add(update: WeightUpdate): Promise<void> {
    const name = this.#weights.matrixNames.find((candidate) => candidate === update.weight);
    invariant(name, `the model has a matrix ${update.weight}`);
    const values = await this.read(name);
    addUpdate(values, update);
    const now = createLinear(values, update.in, update.out);
    const laid = this.#laid.get(name);
    const before = laid ? laid.before : this.#weights.overrideOf(name);
    this.#weights.override(name, now);
    laid?.now.dispose();
    this.#laid.set(name, { before, now });
  }

  /** Gives back the weights that were in use before. */
  restore(): void {
    for (const [name, { before, now }] of this.#laid) {
      this.#weights.override(name, before);
      now.dispose();
    }
    this.#laid.clear();
  }
}
