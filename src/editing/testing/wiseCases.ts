/** WISE's published runs, as tests on any backend read them: rows with their padding's part, masks, changes of the map. */
import { concat } from "../../gpu/ops";
import { keep, tensor, tidy, zeros, type Tensor } from "../../gpu/tensor";
import { packEntries } from "../../lib/packedEntries";
import { embed, oneRow, runBlocks } from "../../model/forward";
import type { Model } from "../../model/model";
import type { ReadFixture } from "../../model/testing/openFixture";
import { matrixName } from "../../model/weightNames";
import { transposed } from "../sideMemoryAdapter";
import { whatCounts, type MemoryBatch, type MemoryText } from "../sideMemoryTexts";
import { trainSideMemory, type TrainedShard } from "../trainSideMemory";
import { openTensors } from "./romeCases";

export type WiseCase = {
  model: string;
  config: {
    lr: number; n_iter: number; act_margin_alpha_beta_gamma: [number, number, number]; act_ratio: number;
    norm_constraint: number; save_freq: number; merge_freq: number; densities: number; weights: number; weight_decay: number;
  };
  edits: { ft_loss: number[]; act_loss: number[]; min_act: number | null; memory_min_act: number[] }[];
  probes: {
    prompt: string; input_ids: number[]; distance_side: number; threshold: number; distance_memories: number[];
    memory_thresholds: number[]; routed_to: string; argmax_id: number;
  }[];
  tolerance: { ft_loss_first_rel: number; losses_rel: number; distance_rel: number };
}; // prettier-ignore

export const WISE_CASES = [
  { name: "wise-gpt2-one-edit", layer: 3, role: "mlpIn" },
  { name: "wise-llama-one-edit", layer: 4, role: "mlpOut" },
  { name: "wise-llama-shards", layer: 4, role: "mlpOut" },
] as const;
export type WiseRun = Awaited<ReturnType<typeof openWiseRun>>;

export async function openWiseRun(
  read: ReadFixture,
  { name: caseName, layer, role }: (typeof WISE_CASES)[number],
  stored: WiseCase,
  model: Model,
) {
  const tensors = await openTensors(read, `methods/${caseName}/tensors.safetensors`);
  const padding = await openTensors(read, "methods/wise-padding.safetensors");
  const name = matrixName(layer, role);
  /** GPT-2 stores [in, out]. */
  const upright = (values: Float64Array, shape: readonly number[]): Float32Array<ArrayBuffer> => {
    const single = Float32Array.from(values);
    return stored.model.includes("gpt2") ? transposed(single, shape[0]!, shape[1]!) : single;
  };

  /** A stored change of the map, [out, in]. */
  const change = async (tensorName: string): Promise<Float32Array<ArrayBuffer>> => {
    const { values, shape } = await tensors(tensorName);
    return upright(values, shape);
  };

  /** The stored rows, padding aside: each begins where it stood, and what padding adds to the distances is given. */
  const batchOf = async (edit: number): Promise<MemoryBatch> => {
    const [ids, labels, real] = await Promise.all(
      ["input_ids", "labels", "attention_mask"].map((kind) => tensors(`${kind}_${edit}`)),
    );
    const [rows, positions] = ids!.shape as [number, number];
    const texts = Array.from({ length: rows }, (_, row) => {
      const at = (values: Float64Array) =>
        Array.from(values.subarray(row * positions, (row + 1) * positions));
      return storedRow(at(ids!.values), at(labels!.values), at(real!.values), row === rows - 1);
    });
    const pads = await padding(`${caseName}.${edit}`);
    const counting = { routing: "text", answerMean: "published" } as const;
    return {
      ...whatCounts(texts.slice(0, -1), texts.slice(-1), positions, counting),
      residual: residualOf(model, texts, layer),
      inside: withPads(texts, positions, pads.shape[0]!, [0, rows - 1]),
      outside: withPads(texts, positions, pads.shape[0]!, [rows - 1, rows]),
      padding: tensor(Float32Array.from(pads.values), pads.shape),
    };
  };

  /** The first steps of a stored edit, begun where it began. The batch is the caller's to free. */
  const train = async (edit: number, steps: number, batch: MemoryBatch): Promise<TrainedShard> => {
    const { config } = stored;
    const [outsideBelow, insideAbove, gap] = config.act_margin_alpha_beta_gamma;
    const settings = {
      routing: "text", steps, learningRate: config.lr, weightDecay: config.weight_decay,
      normConstraint: config.norm_constraint, outsideBelow, insideAbove, gap,
    } as const; // prettier-ignore
    const goesOn = edit % config.save_freq > 0;
    const start = goesOn ? { entries: packEntries(await change(`new_weight_change_${edit - 1}`)), closest: 0 } : undefined; // prettier-ignore
    // A mask lies as the weight does; it is wanted [in, out].
    const { values, shape } = await tensors(`mask_${edit}`);
    const single = Float32Array.from(values);
    const mask = stored.model.includes("gpt2") ? single : transposed(single, shape[0]!, shape[1]!);
    return trainSideMemory(model, name, layer, batch, { start, mask }, settings);
  };

  return { name, change, batchOf, train };
}

type StoredRow = MemoryText & { skipped: number };

/** The last row is the unrelated text: nothing in it is an answer. */
function storedRow(ids: number[], labels: number[], real: number[], isUnrelated: boolean): StoredRow {
  const skipped = real.indexOf(1);
  const wanted = labels.slice(skipped);
  const places = isUnrelated ? [] : wanted.flatMap((id, place) => (id >= 0 ? [place - 1] : []));
  const answer = Int32Array.from(places, (place) => wanted[place + 1]!);
  return { ids: Int32Array.from(ids.slice(skipped)), places, labels: answer, skipped };
}

function residualOf(model: Model, texts: readonly StoredRow[], layer: number): Tensor {
  return tidy(() => {
    const one = ({ ids, skipped }: StoredRow): Tensor => {
      const embedded = embed(model, oneRow(ids), { firstPosition: skipped });
      const found = runBlocks(model, 0, embedded, { toLayer: layer });
      return skipped === 0 ? found : concat([found, zeros([1, skipped, model.config.residualWidth])], 1);
    };
    return keep(concat(texts.map(one), 0));
  });
}

/** Every position of a text counts alike, padding too. */
function withPads(
  texts: readonly StoredRow[],
  positions: number,
  pads: number,
  [first, end]: readonly [number, number],
): Float32Array {
  const width = texts.length * positions + pads;
  const weights = new Float32Array((end - first) * width);
  let pad = texts.length * positions;
  texts.forEach(({ ids, skipped }, row) => {
    const places = [...ids.keys()].map((place) => row * positions + place);
    for (let i = 0; i < skipped; i++) places.push(pad++);
    if (row < first || row >= end) return;
    for (const place of places) weights[(row - first) * width + place] = 1 / positions;
  });
  return weights;
}
