/**
 * Reads the planned weights one after the other from a checkpoint into the backend's memory, hashing on the way. At
 * most one stored matrix and its rearranged copy are in JavaScript at a time; tables come in pieces.
 */
import { dispose, keep, tensor, type Tensor } from "../gpu/tensor";
import {
  createLinear,
  createRowTable,
  disposeWeights,
  type LinearWeight,
  type NumberFormat,
  type RowTable,
} from "../gpu/weights";
import type { Precision } from "../domain/model";
import type { Progress } from "../domain/progress";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import type { ModelConfig } from "./config";
import { ContentHash, knownHash, type WeightHash } from "./contentHash";
import { biasPart, matrixPart } from "./matrixParts";
import type { MatrixName } from "./weightNames";
import { planWeights, type PlannedWeight, type StoredTensor } from "./weightPlan";
import { formatFor, hashAsKept, type RoundedWeight } from "./weightStorage";
import { ModelWeights } from "./weights";

type Values = Float32Array<ArrayBuffer>;

/** `into` is filled and returned instead of a new array. */
type ReadInto = { signal?: AbortSignal; into?: Values };

/** What is needed of a checkpoint; loading/checkpoint.ts gives one for every format. */
export type WeightSource = {
  /** `dtype` as the file names it; it decides in which 16-bit format a tensor is kept. */
  readonly tensorNames: ReadonlyMap<string, { shape: readonly number[]; dtype?: string }>;
  readTensor(name: string, options?: ReadInto): Promise<Values>;
  readRows(name: string, firstRow: number, rowCount: number, options?: ReadInto): Promise<Values>;
};

export type LoadContext = {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** How matrices and tables are kept; vectors and learned positions stay float32. */
  precision?: Precision;
  /** The hash these weights are known to have; without it, it is computed from every value. */
  knownHash?: string;
};

export type WeightsOfModel = {
  weights: ModelWeights;
  /** SHA-256 over the checkpoint's names, shapes and float32 values, whatever they are kept in. */
  hash: string;
  /** Hash of the weights as kept; equals `hash` when nothing was rounded. */
  baseHash: string;
  parameters: number;
  /** Blocks whose MLP writes nothing, because every weight of its output is zero. */
  silentLayers: readonly number[];
};

/**
 * Checks all names and shapes first, then loads. The hash is SHA-256 over the stored tensors' names (without the
 * body's prefix), shapes and float32 values, so that it does not depend on file format, sharding or number format.
 * Throws `missing`, `bad-shape`, `unsupported`, `not-finite` (in less than float32), or what reading throws; nothing
 * stays allocated then.
 */
export async function loadWeights(
  source: WeightSource,
  config: ModelConfig,
  context: LoadContext = {},
): Promise<WeightsOfModel> {
  const { prefix, plan } = planWeights(config, source.tensorNames);
  const loader = new WeightLoader(source, config, prefix, context);
  const total = plan.reduce((sum, { stored }) => sum + sizeOf(stored), 0);
  try {
    let done = 0;
    for (const planned of plan) {
      throwIfCancelled(context.signal);
      await loader.load(planned);
      done += sizeOf(planned.stored);
      context.onProgress?.({ note: "Loading weights", done, total });
      await yieldToEvents();
    }
    return await loader.finish();
  } catch (error) {
    loader.dispose();
    throw error;
  }
}

const sizeOf = ({ shape }: StoredTensor): number => shape.reduce((product, size) => product * size, 1);

class WeightLoader {
  readonly #source: WeightSource;
  readonly #config: ModelConfig;
  readonly #prefix: string;
  readonly #options: { signal?: AbortSignal };
  readonly #hash: WeightHash;
  readonly #matrices = new Map<MatrixName, LinearWeight>();
  readonly #vectors = new Map<string, Tensor>();
  readonly #tables = new Map<"embedding" | "output", RowTable>();
  readonly #precision: Precision;
  readonly #rounded: RoundedWeight[] = [];
  readonly #silentLayers: number[] = [];
  #positions: Tensor | undefined;
  #parameters = 0;
  /** Matrices and tables are read here again and again, instead of leaving half a gigabyte to the garbage collector. */
  #scratch: Values = new Float32Array(0);
  /** What the scratch holds: a fused tensor is asked for three times in a row. */
  #last: { name: string; values: Values } | undefined;

  constructor(
    source: WeightSource,
    config: ModelConfig,
    prefix: string,
    { signal, precision = "float32", knownHash: known }: LoadContext,
  ) {
    this.#hash = known === undefined ? new ContentHash() : knownHash(known);
    this.#precision = precision;
    this.#source = source;
    this.#config = config;
    this.#prefix = prefix;
    this.#options = signal === undefined ? {} : { signal };
  }

  async load(planned: PlannedWeight): Promise<void> {
    switch (planned.kind) {
      case "table":
        this.#tables.set(planned.weight, await this.#readTable(planned));
        return;
      case "positions":
        this.#positions = keep(tensor(await this.#read(planned.stored), planned.stored.shape));
        return;
      case "vector":
        return this.#loadVector(planned);
      case "matrix": {
        const { inWidth, outWidth, place } = planned;
        const size = { inWidth, outWidth, headDim: this.#config.headDim };
        const values = matrixPart(await this.#readToScratch(planned.stored), place, size);
        const format = this.#formatOf(planned.stored);
        const weight = createLinear(values, inWidth, outWidth, place.stored, format);
        this.#matrices.set(planned.weight, weight);
        if (planned.weight.endsWith(".mlpOut") && values.every((value) => value === 0))
          this.#silentLayers.push(Number(planned.weight.split(".")[1]));
        if (!weight.exact) this.#rounded.push({ name: planned.weight, format });
      }
    }
  }

  async finish(): Promise<WeightsOfModel> {
    const embedding = this.#tables.get("embedding")!;
    const weights = new ModelWeights({
      matrices: this.#matrices,
      vectors: this.#vectors,
      embedding,
      output: this.#tables.get("output") ?? embedding,
      positions: this.#positions,
    });
    const hash = await this.#hash.digest();
    const baseHash = await hashAsKept(hash, this.#rounded);
    return { weights, hash, baseHash, parameters: this.#parameters, silentLayers: this.#silentLayers };
  }

  dispose(): void {
    disposeWeights(...this.#matrices.values(), ...this.#tables.values());
    dispose(...this.#vectors.values(), this.#positions);
  }

  async #loadVector({ weight, stored, offset, place }: PlannedWeight & { kind: "vector" }): Promise<void> {
    const { headDim } = this.#config;
    let values =
      place?.fused === undefined
        ? await this.#read(stored)
        : biasPart(await this.#readToScratch(stored), place, stored.shape[0]! / 3, headDim);
    if (offset !== 0) values = values.map((value) => value + offset);
    this.#vectors.set(weight, keep(tensor(values, [values.length])));
  }

  /** Values of their own, which a backend may keep for a while. */
  async #read(stored: StoredTensor): Promise<Values> {
    const values = await this.#source.readTensor(stored.name, this.#options);
    await this.#announce(stored);
    await this.#hash.add(values);
    return values;
  }

  /** Values in the scratch, gone with the next read. */
  async #readToScratch(stored: StoredTensor): Promise<Values> {
    if (this.#last?.name === stored.name) return this.#last.values;
    this.#last = undefined;
    const into = this.#room(sizeOf(stored));
    const values = await this.#source.readTensor(stored.name, { ...this.#options, into });
    this.#last = { name: stored.name, values };
    await this.#announce(stored);
    await this.#hash.add(values);
    return values;
  }

  async #readTable({ weight, stored }: PlannedWeight & { kind: "table" }): Promise<RowTable> {
    await this.#announce(stored);
    this.#last = undefined;
    const [rows, columns] = stored.shape as readonly [number, number];
    const format = this.#formatOf(stored);
    const piece = async (firstRow: number, rowCount: number): Promise<Values> => {
      const options = { ...this.#options, into: this.#room(rowCount * columns) };
      const values = await this.#source.readRows(stored.name, firstRow, rowCount, options);
      await this.#hash.add(values);
      return values;
    };
    const table = await createRowTable(rows, columns, piece, { format });
    if (!table.exact) this.#rounded.push({ name: weight, format });
    return table;
  }

  #formatOf({ name }: StoredTensor): NumberFormat {
    return formatFor(this.#precision, this.#source.tensorNames.get(name)?.dtype);
  }

  /** That many places of the scratch. */
  #room(size: number): Values {
    if (this.#scratch.length < size) this.#scratch = new Float32Array(size);
    return this.#scratch.subarray(0, size);
  }

  async #announce({ name, shape }: StoredTensor): Promise<void> {
    this.#parameters += sizeOf({ name, shape });
    const bare = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : name;
    await this.#hash.addText(`${bare} ${shape.join("x")}`);
  }
}
