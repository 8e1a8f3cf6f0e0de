/**
 * The weights of one loaded model: immutable base values, and overrides that edits lay over single matrices. Loading
 * is left to loadWeights.
 */
import { dispose, type Tensor } from "../gpu/tensor";
import { disposeWeights, readLinear, type LinearWeight, type RowTable } from "../gpu/weights";
import { invariant } from "../lib/errors";
import type { MatrixName } from "./weightNames";

export type LoadedWeights = {
  matrices: ReadonlyMap<MatrixName, LinearWeight>;
  /** Biases (`<matrix>.bias`), norm gains and norm biases, each of one axis. */
  vectors: ReadonlyMap<string, Tensor>;
  embedding: RowTable;
  /** The embedding itself when the output is tied. */
  output: RowTable;
  /** Learned positions [contextLength, d]. */
  positions: Tensor | undefined;
};

export class ModelWeights {
  readonly embedding: RowTable;
  readonly output: RowTable;
  readonly positions: Tensor | undefined;
  readonly #matrices: ReadonlyMap<MatrixName, LinearWeight>;
  readonly #vectors: ReadonlyMap<string, Tensor>;
  readonly #overrides = new Map<MatrixName, LinearWeight>();
  #overridesInUse = true;

  constructor({ matrices, vectors, embedding, output, positions }: LoadedWeights) {
    this.#matrices = matrices;
    this.#vectors = vectors;
    this.embedding = embedding;
    this.output = output;
    this.positions = positions;
  }

  /** Names of the matrices an edit may override. */
  get matrixNames(): readonly MatrixName[] {
    return [...this.#matrices.keys()];
  }

  /** Whether this architecture has the matrix (not every MLP has a gate). */
  has(name: MatrixName): boolean {
    return this.#matrices.has(name);
  }

  /** The matrix in use: the override where there is one. */
  matrix(name: MatrixName): LinearWeight {
    return (this.#overridesInUse ? this.#overrides.get(name) : undefined) ?? this.#base(name);
  }

  /** Runs `body` on the checkpoint's own matrices, whatever is laid over them. */
  async onBase<Result>(body: () => Promise<Result>): Promise<Result> {
    this.#overridesInUse = false;
    try {
      return await body();
    } finally {
      this.#overridesInUse = true;
    }
  }

  /** A bias or norm vector; undefined where the architecture has none. */
  vector(name: string): Tensor | undefined {
    return this.#vectors.get(name);
  }

  /**
   * Lays another matrix of the same size over the base one, or takes it away again. The caller keeps owning it and
   * disposes it after taking it away.
   */
  override(name: MatrixName, weight: LinearWeight | undefined): void {
    const base = this.#base(name);
    if (weight === undefined) {
      this.#overrides.delete(name);
      return;
    }
    const same = weight.inFeatures === base.inFeatures && weight.outFeatures === base.outFeatures;
    invariant(same, `override of ${name} has the base's size [${base.inFeatures}, ${base.outFeatures}]`);
    this.#overrides.set(name, weight);
  }

  /** [in, out] row-major of the base matrix, bit for bit as loaded. */
  async readBase(name: MatrixName): Promise<Float32Array> {
    return readLinear(this.#base(name));
  }

  /** Frees the base weights; overrides belong to whoever made them. */
  dispose(): void {
    this.#overrides.clear();
    disposeWeights(...this.#matrices.values(), this.embedding);
    if (this.output !== this.embedding) this.output.dispose();
    dispose(...this.#vectors.values(), this.positions);
  }

  #base(name: MatrixName): LinearWeight {
    const weight = this.#matrices.get(name);
    invariant(weight, `the model has a matrix ${name}`);
    return weight;
  }
}
