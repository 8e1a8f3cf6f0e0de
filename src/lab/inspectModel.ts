/**
 * A look at a model before it is loaded: what it is, whether this lab can run it, how much would be fetched. Of
 * safetensors on the hub only config.json and the list of files are read; of a GGUF also its header, which is where
 * it says what it is.
 */
import type { Backend, ModelSource } from "../domain/model";
import type { ExpectedMemory, ModelInspection } from "../domain/modelInspection";
import type { CallContext } from "../domain/progress";
import { AppError, toErrorReport } from "../lib/errors";
import type { ModelFiles } from "../loading/byteSource";
import { openCheckpoint, type TensorInfo } from "../loading/checkpoint";
import { isJsonObject, ownValue } from "../loading/json/parseJson";
import { readConfig, readLicence } from "../loading/smallFiles";
import { parseModelConfig, type ModelConfig } from "../model/config";
import { estimateModelMemory, PRECISIONS } from "../model/memoryEstimate";
import { expectedWeights } from "../model/weightPlan";
import { choosePrecision } from "./choosePrecision";
import { memoryLimit } from "./memoryLimit";
import { storageSpace } from "./keptModels";
import type { Session } from "./session";

/** What the files say of the model, as far as they could be understood. */
type Reading = Pick<ModelInspection, "precision" | "licence" | "refusal"> & {
  config: ModelConfig | undefined;
};

const isGguf = (name: string): boolean => name.toLowerCase().endsWith(".gguf");
const isWeights = (name: string): boolean => isGguf(name) || name.endsWith(".safetensors");

/** The element type that holds most of the values. */
function mainPrecision(tensors: ReadonlyMap<string, TensorInfo>): string | undefined {
  const held = new Map<string, number>();
  for (const { dtype, shape } of tensors.values()) {
    held.set(dtype, (held.get(dtype) ?? 0) + sizeOf(shape));
  }
  return [...held].sort(([, a], [, b]) => b - a)[0]?.[0];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** `torch_dtype` of older, `dtype` of newer configurations, as safetensors writes it. */
function statedPrecision(config: unknown): string | undefined {
  if (!isJsonObject(config)) return undefined;
  const stated = ownValue(config, "dtype") ?? ownValue(config, "torch_dtype");
  const names = new Map([
    ["float32", "F32"],
    ["float16", "F16"],
    ["bfloat16", "BF16"],
  ]);
  return typeof stated === "string" ? names.get(stated) : undefined;
}

/** A configuration this lab cannot run is an answer, not a failure of the look. */
function readShape(config: unknown, file: string): Pick<Reading, "config" | "refusal"> {
  try {
    return { config: parseModelConfig(config, file), refusal: undefined };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { config: undefined, refusal: toErrorReport(error) };
  }
}

/** Values of every tensor the configuration asks for; the parts of a fused one count once. */
function countParameters(config: ModelConfig): number {
  const stored = new Map([...expectedWeights(config)].map(({ stored: { name, shape } }) => [name, shape]));
  return [...stored.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
}

/** Of the hub's safetensors: config.json alone. */
async function readConfiguration(files: ModelFiles, signal: AbortSignal): Promise<Reading> {
  const file = files.get("config.json");
  const none = { precision: undefined, licence: undefined, config: undefined };
  if (!file) {
    const remedy = "Choose a model with config.json, or its GGUF version.";
    const error = new AppError("missing", "The model has no config.json, which says what it is.", remedy);
    return { ...none, refusal: toErrorReport(error) };
  }
  const config = await readConfig(file, signal);
  return { ...none, ...readShape(config, file.name), precision: statedPrecision(config) };
}

/** Of files at hand and of a GGUF: the headers of the weights too. */
async function readHeaders(files: ModelFiles, signal: AbortSignal): Promise<Reading> {
  const checkpoint = await openCheckpoint(files, signal);
  const { tensorNames } = checkpoint;
  return {
    ...readShape(checkpoint.config, "config.json"),
    precision: mainPrecision(tensorNames),
    licence: checkpoint.licence ?? (await readLicence(files, signal)),
  };
}

/** The very version that is kept, so that loading it asks the hub nothing. */
function keptVersion(source: ModelSource, ref: string): ModelSource {
  const commit = /@([0-9a-f]{40})$/.exec(ref)?.[1];
  return source.kind === "hub" && commit !== undefined ? { ...source, revision: commit } : source;
}

/** What loading would choose, by the same rule. */
function expectMemory(config: ModelConfig, backend: Backend, stored: string | undefined): ExpectedMemory {
  const limit = memoryLimit(backend);
  const estimates = PRECISIONS.map((precision) => estimateModelMemory(config, { precision, backend }));
  const expected = { backend, limit, estimates, chosen: undefined, refusal: undefined, notice: undefined };
  try {
    const dtypes = stored === undefined ? [] : [stored];
    const { memory, notice } = choosePrecision(config, { backend, limit, dtypes });
    return { ...expected, chosen: memory, notice };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ...expected, refusal: toErrorReport(error) };
  }
}

/**
 * @throws AppError of the loader's categories when the files are no model at all; model-not-found, network, cancelled
 */
export async function inspectModel(
  { environment, engine }: Session,
  { source }: { source: ModelSource },
  context: CallContext<never>,
): Promise<ModelInspection> {
  const { signal } = context;
  const { ref, files, licence, isKept, notice } = await environment.peekSource(source, context);
  const names = [...files.keys()];
  const format =
    names.some(isGguf) && !names.some((name) => name.endsWith(".safetensors")) ? "gguf" : "safetensors";
  context.onProgress({ note: "Reading what the model says of itself", done: 0, total: 0 });
  const isFar = source.kind === "hub" && !isKept;
  const read = isFar && format === "safetensors" ? readConfiguration : readHeaders;
  const reading = await read(files, signal);
  const { config, refusal } = reading;
  const backend = engine?.name ?? environment.backends[0]!;
  return {
    source: isKept ? keptVersion(source, ref) : source,
    ref,
    format,
    weightFiles: names.filter(isWeights).length,
    precision: reading.precision,
    parameters: config && countParameters(config),
    bytes: [...files.values()].reduce((sum, { size }) => sum + size, 0),
    licence: licence ?? reading.licence,
    shape: config && {
      family: config.family,
      layers: config.layers,
      residualWidth: config.residualWidth,
      contextLength: config.contextLength,
      vocabulary: config.vocabularySize,
    },
    refusal,
    memory: config && expectMemory(config, backend, reading.precision),
    isKept,
    storage: await storageSpace(await environment.modelCache()),
    notice,
  };
}
