/**
 * Low-rank edits as a LoRA adapter of Hugging Face PEFT: W + (α/r) B A with B = U, A = Vᵀ and α = r, so that the factor
 * is one. Ranks differ from module to module (rank_pattern); GPT-2's Conv1D stores its matrices the other way round
 * (fan_in_fan_out), which changes nothing about A [r, in] and B [out, r].
 */
import type { LowRankUpdate } from "../../domain/edit";
import type { ExportedFile } from "../../domain/export";
import { memorySource } from "../../loading/byteSource/memorySource";
import { readTensor } from "../../loading/tensorReader";
import { openSafetensors } from "../../loading/safetensors/safetensorsTensors";
import { writeSafetensors, type TensorToWrite } from "../../loading/safetensors/writeSafetensors";
import { invariant } from "../../lib/errors";
import type { CheckpointPlace } from "./checkpointPlace";

export const ADAPTER_CONFIG = "adapter_config.json";
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";
/** PEFT's wrappers around the model. */
const PREFIX = "base_model.model.";

/** One module's factors: B [out, rank] and A [in, rank] transposed, as the module stores its outputs. */
type ModuleFactors = { module: string; in: number; storedOut: number; rank: number; parts: Part[] };
type Part = { update: LowRankUpdate; place: CheckpointPlace };

export type BaseModel = { repository: string | null; revision: string | null };

/** The adapter's two files. Queries, keys and values of one fused matrix become one module's factors. */
export function writePeftAdapter(
  factors: readonly LowRankUpdate[],
  places: ReadonlyMap<string, CheckpointPlace>,
  base: BaseModel,
): ExportedFile[] {
  const modules = groupByModule(factors, places);
  const tensors = modules.flatMap(adapterTensors);
  const config = adapterConfig(modules, base);
  return [
    { name: ADAPTER_CONFIG, bytes: new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`) },
    // PyTorch's loaders refuse a file that does not say so.
    { name: ADAPTER_WEIGHTS, bytes: writeSafetensors(tensors, { format: "pt" }) },
  ];
}

function groupByModule(
  factors: readonly LowRankUpdate[],
  places: ReadonlyMap<string, CheckpointPlace>,
): ModuleFactors[] {
  const modules = new Map<string, ModuleFactors>();
  for (const update of factors) {
    const place = places.get(update.weight);
    invariant(place, `${update.weight} has a place in the checkpoint`);
    const { module, storedOut } = place;
    const group = modules.get(module) ?? { module, in: place.in, storedOut, rank: 0, parts: [] };
    group.parts.push({ update, place });
    group.rank += update.rank;
    modules.set(module, group);
  }
  return [...modules.values()];
}

function adapterTensors({ module, in: inWidth, storedOut, rank, parts }: ModuleFactors): TensorToWrite[] {
  const a = new Float32Array(rank * inWidth);
  const b = new Float32Array(storedOut * rank);
  let first = 0;
  for (const { update, place } of parts) {
    for (let r = 0; r < update.rank; r++) {
      for (let i = 0; i < inWidth; i++) a[(first + r) * inWidth + i] = update.v[i * update.rank + r]!;
      for (let o = 0; o < update.out; o++)
        b[place.rowOf(o) * rank + first + r] = update.u[o * update.rank + r]!;
    }
    first += update.rank;
  }
  return [
    { name: `${PREFIX}${module}.lora_A.weight`, shape: [rank, inWidth], values: a },
    { name: `${PREFIX}${module}.lora_B.weight`, shape: [storedOut, rank], values: b },
  ];
}

function adapterConfig(modules: readonly ModuleFactors[], { repository, revision }: BaseModel) {
  const [first] = modules as [ModuleFactors];
  const ranks = Object.fromEntries(modules.map(({ module, rank }) => [module, rank]));
  return {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: repository,
    revision,
    inference_mode: true,
    r: first.rank,
    lora_alpha: first.rank,
    rank_pattern: ranks,
    alpha_pattern: ranks,
    target_modules: modules.map(({ module }) => module),
    fan_in_fan_out: modules.some(({ parts }) => parts.some(({ place }) => place.inOut)),
    lora_dropout: 0,
    bias: "none",
    use_rslora: false,
    use_dora: false,
    init_lora_weights: true,
    modules_to_save: null,
  };
}

/** The change [storedOut, in] that an adapter's file makes of each module, as PEFT would merge it (in float64). */
export async function readPeftAdapter(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ module: string; rank: number; change: Float64Array }[]> {
  const { tensors } = await openSafetensors(memorySource(ADAPTER_WEIGHTS, bytes));
  const read = async (name: string) => {
    const tensor = tensors.get(name);
    invariant(tensor?.stored, `the adapter holds ${name}`);
    return { shape: tensor.shape, values: await readTensor(tensor.stored) };
  };
  const ending = ".lora_A.weight";
  const modules = [...tensors.keys()].filter((name) => name.endsWith(ending));
  return Promise.all(
    modules.map(async (name) => {
      const module = name.slice(PREFIX.length, -ending.length);
      const a = await read(name);
      const b = await read(`${PREFIX}${module}.lora_B.weight`);
      const [rank, inWidth] = a.shape as [number, number];
      return { module, rank, change: product(b.values, a.values, rank, inWidth) };
    }),
  );
}

/** B A for B [out, rank], A [rank, in]. */
function product(b: Float32Array, a: Float32Array, rank: number, inWidth: number): Float64Array {
  const out = b.length / rank;
  const change = new Float64Array(out * inWidth);
  for (let o = 0; o < out; o++) {
    for (let r = 0; r < rank; r++) {
      const factor = b[o * rank + r]!;
      for (let i = 0; i < inWidth; i++) change[o * inWidth + i]! += factor * a[r * inWidth + i]!;
    }
  }
  return change;
}
