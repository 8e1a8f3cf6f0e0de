/**
 * The weights of one loaded model: immutable base values, and overrides that edits lay over single matrices. Loading
 * is left to loadWeights.
 */
import { dispose, read, type Tensor } from "../gpu/tensor";
import { disposeWeights, readLinear, type LinearWeight, type RowTable } from "../gpu/weights";
import { invariant } from "../lib/errors";
import type { Around } from "./around";
import type { MatrixName, NormName } from "./weightNames";

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

/**
 * Stands behind one linear map or norm: sees its input and output, both [batch, positions, width] (a norm over heads:
 * [rows, width]), and returns the output to go on with. Training, codebooks and side memories are adapters; must be differentiable where gradients are taken.
 */
export type Adapter = (input: Tensor, output: Tensor) => Tensor;

export class ModelWeights {
  readonly embedding: RowTable;
  readonly output: RowTable;
  readonly positions: Tensor | undefined;
  readonly #matrices: ReadonlyMap<MatrixName, LinearWeight>;
  readonly #vectors: ReadonlyMap<string, Tensor>;
  readonly #overrides = new Map<MatrixName, LinearWeight>();
  readonly #vectorOverrides = new Map<string, Tensor>();
  readonly #adapters = new Map<MatrixName | NormName, Adapter>();
  #overridesInUse = true;
  #around: Around | undefined;

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

  /** Names of the biases and norm vectors, which an edit may override as well. */
  get vectorNames(): readonly string[] {
    return [...this.#vectors.keys()];
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
    const before = this.#overridesInUse;
    this.#overridesInUse = false;
    try {
      return await body();
    } finally {
      this.#overridesInUse = before;
    }
  }

  /** A bias or norm vector; undefined where the architecture has none. */
  vector(name: string): Tensor | undefined {
    return (this.#overridesInUse ? this.#vectorOverrides.get(name) : undefined) ?? this.#vectors.get(name);
  }

  /** What lies over a matrix now, whether in use or not. */
  overrideOf(name: MatrixName): LinearWeight | undefined {
    return this.#overrides.get(name);
  }

  /** Lays another vector of the same size over the base one, or takes it away again; the caller keeps owning it. */
  overrideVector(name: string, vector: Tensor | undefined): void {
    const base = this.#vectors.get(name);
    invariant(base, `the model has a vector ${name}`);
    if (vector === undefined) this.#vectorOverrides.delete(name);
    else {
      invariant(vector.size === base.size, `override of ${name} has the base's size ${base.size}`);
      this.#vectorOverrides.set(name, vector);
    }
  }

  /** The base vector, as loaded. */
  async readBaseVector(name: string): Promise<Float32Array> {
    const base = this.#vectors.get(name);
    invariant(base, `the model has a vector ${name}`);
    return read(base);
  }

  /** What is asked before the model reads a prompt (around.ts); nothing while the base is asked. */
  get around(): Around | undefined {
    return this.#overridesInUse ? this.#around : undefined;
  }

  /** Puts something around the model, or takes it away. */
  surround(around: Around | undefined): void {
    this.#around = around;
  }

  /** What stands behind a linear map or norm; nothing while the base is asked. */
  adapter(name: MatrixName | NormName): Adapter | undefined {
    return this.#overridesInUse ? this.#adapters.get(name) : undefined;
  }

  /** Puts an adapter behind a linear map or norm, or takes it away. */
  adapt(name: MatrixName | NormName, adapter: Adapter | undefined): void {
    if (adapter === undefined) this.#adapters.delete(name);
    else this.#adapters.set(name, adapter);
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

  /** [in, out] row-major of the base matrix, bit for bit as it is kept and computed with. */
  async readBase(name: MatrixName): Promise<Float32Array> {
    return readLinear(this.#base(name));
  }

  /** Frees the base weights; overrides belong to whoever made them. */
  dispose(): void {
    this.#overrides.clear();
    this.#vectorOverrides.clear();
    this.#adapters.clear();
    this.#around = undefined;
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
