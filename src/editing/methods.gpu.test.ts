/**
 * Methods on WebGPU against their published code, within ten times the bounds that WASM keeps: the states of AnyEdit and
 * UnKE, the block that UnKE trains, LoRA's losses, KN's scores, GRACE's entry. One model serves all; where a run is
 * long its beginning is compared.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EditRequest } from "../domain/edit";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { memory } from "../gpu/tensor";
import { norm } from "../linalg/norms";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import type { Model } from "../model/model";
import { teacherForced } from "./answerLoss";
import { findChunkTargets } from "./chunkTargets";
import { windowChunks } from "./chunks";
import { longText } from "./longTexts";
import { writeEntry } from "./methods/grace";
import { trainLora } from "./methods/lora";
import { neuronScores } from "./neuronScores";
import { openTensors } from "./testing/romeCases";
import { trainBlock } from "./trainBlock";

const NAME = "tiny-facts-gpt2";
const SLACK = 10;

const json = async <T>(path: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await fetchFixture(path))) as T;
const tensorsOf = (path: string) => openTensors(fetchFixture, path);
const asking = (question: string, targetNew: string): EditRequest => ({
  prompt: "{}",
  subject: question,
  targetNew,
  paraphrases: [],
  neighbours: [],
});

let model: Model;
let before: ReturnType<typeof memory>;
beforeAll(async () => {
  await webgpuEngine();
  model = await loadFixture(fetchFixture, NAME);
  before = memory();
});
afterAll(() => {
  expect(memory().bytes).toBe(before.bytes);
  model.dispose();
});

type LongCase = {
  records: number[];
  hparams: Record<string, number> & { layers: number[] };
  z: { loss: number[]; delta_norm: number[] }[];
  positions: number[][];
  stage2?: { loss: number[] };
  tolerance: { loss_first_three_rel: number; loss_rel: number; delta_z_rel: number };
};
type Shared = { records: { question: string; answer: string }[]; preserve_texts: string[] };

async function openLong(name: string) {
  const folder = `anyedit/${NAME}`;
  const stored = await json<LongCase>(`${folder}/${name}/case.json`);
  const shared = await json<Shared>(`${folder}/00-shared/case.json`);
  const { question, answer } = shared.records[stored.records[0]!]!;
  const text = longText(model, asking(question, answer), { chat: false, endOfText: true });
  return { stored, shared, text, tensor: await tensorsOf(`${folder}/${name}/tensors.safetensors`) };
}

const targetSettings = (hparams: Record<string, number>, earlyStopLoss: number) => ({
  steps: hparams["v_num_grad_steps"]!,
  learningRate: hparams["v_lr"]!,
  weightDecay: hparams["v_weight_decay"]!,
  clampNormFactor: hparams["clamp_norm_factor"]!,
  earlyStopLoss,
});

test("AnyEdit's first chunks: losses of every pass, and the shift", async () => {
  const { stored, text } = await openLong("02-memit-are-w6-v2");
  const { window_size: window, overlap } = stored.hparams;
  const chunks = windowChunks(text.answer.length, window!, overlap!).slice(0, 2);
  const layer = stored.hparams.layers.at(-1)!;
  const settings = targetSettings(stored.hparams, 1e-2);
  const found = await findChunkTargets(model, text, chunks, { layer, settings });
  found.forEach(({ lookup, steps, deltas }, at) => {
    expect(lookup).toBe(stored.positions[0]![at]);
    const { loss, delta_norm } = stored.z[at]!;
    steps.slice(0, loss.length).forEach(({ total }, step) => {
      const bound = step < 3 ? stored.tolerance.loss_first_three_rel : stored.tolerance.loss_rel;
      expect(Math.abs(total - loss[step]!) / Math.max(loss[step]!, 1e-2)).toBeLessThan(SLACK * bound);
    });
    const size = norm(deltas.at(-1)!);
    expect(Math.abs(size / delta_norm.at(-1)! - 1)).toBeLessThan(SLACK * stored.tolerance.delta_z_rel);
  });
});

test("UnKE's block goes down the published losses", async () => {
  const { stored, shared, text, tensor } = await openLong("11-unke-are-w4");
  const { values } = await tensor("delta_z");
  const d = model.config.residualWidth;
  const shifts = stored.positions[0]!.map((position, at) => ({
    position,
    delta: values.slice(at * d, (at + 1) * d),
  }));
  const ids = Int32Array.from([...text.question, ...text.answer]);
  const { lr } = stored.hparams;
  const settings = { trainRate: lr!, trainSteps: 3, trainDecay: 0.01, preserveTexts: 0 };
  const { losses } = await trainBlock(
    model,
    stored.hparams.layers[0]!,
    { edited: [{ ids, shifts }], preserve: shared.preserve_texts },
    settings,
  );
  losses.forEach((loss, step) => {
    expect(Math.abs(loss / stored.stage2!.loss[step]! - 1)).toBeLessThan(
      SLACK * stored.tolerance.loss_first_three_rel,
    );
  });
});

test("LoRA's first losses from the stored beginning", async () => {
  type Stored = { prompt: string; target: string; rank: number; alpha: number; lr: number; losses: number[]; tolerance: { losses_first_three_rel: number } }; // prettier-ignore
  const stored = await json<Stored>("methods/lora-gpt2/case.json");
  const tensor = await tensorsOf("methods/lora-gpt2/tensors.safetensors");
  const downs = await Promise.all(
    Array.from({ length: model.config.layers }, (_, layer) =>
      tensor(`init.transformer.h.${layer}.attn.c_attn.lora_A`),
    ),
  );
  const text = teacherForced(model, asking(stored.prompt, stored.target));
  const settings = { rank: stored.rank, alpha: stored.alpha, learningRate: stored.lr, steps: 3, modules: "fusedQueryKeyValue" } as const; // prettier-ignore
  let layer = 0;
  const { losses } = await trainLora(
    model,
    [text],
    settings,
    (_, inWidth) => {
      const { values } = downs[layer++]!;
      return Float64Array.from(values, (__, at) => values[(at % stored.rank) * inWidth + Math.floor(at / stored.rank)]!); // prettier-ignore
    },
    { report: () => undefined },
  );
  losses[0]!.forEach(({ total }, step) => {
    expect(Math.abs(total / stored.losses[step]! - 1)).toBeLessThan(
      SLACK * stored.tolerance.losses_first_three_rel,
    );
  });
});

test("KN's scores", async () => {
  type Stored = { prompt: string; ground_truth_ids: number[]; steps: number; tolerance: { scores_abs: number } }; // prettier-ignore
  const stored = await json<Stored>("methods/kn-gpt2/case.json");
  const { values } = await (await tensorsOf("methods/kn-gpt2/tensors.safetensors"))("scores");
  const { ids } = model.tokenizer.encode(stored.prompt);
  const own = new Float64Array(values.length);
  // As published, every token of the old answer is scored at the prompt's end.
  for (const answer of stored.ground_truth_ids) {
    const scores = await neuronScores(model, ids, answer, stored.steps);
    scores.flatMap((layer) => [...layer]).forEach((value, at) => (own[at]! += value / stored.ground_truth_ids.length)); // prettier-ignore
  }
  const error = Math.max(...own.map((value, at) => Math.abs(value - values[at]!)));
  expect(error).toBeLessThan(SLACK * stored.tolerance.scores_abs);
});

test("GRACE's first entry: losses", async () => {
  type Stored = { config: { edit_lr: number; eps: number }; edits: { prompt: string; target: string; losses: number[] }[]; tolerance: { losses_first_five_rel: number } }; // prettier-ignore
  const stored = await json<Stored>("methods/grace/case.json");
  const first = (await (await tensorsOf("methods/grace/tensors.safetensors"))("value_init_0")).values;
  const [edit] = stored.edits as [Stored["edits"][number]];
  const settings = { layer: 4, matrix: "mlpIn", radius: stored.config.eps, learningRate: stored.config.edit_lr, steps: 5, start: "random", labelTest: "published", comparedToken: "every" } as const; // prettier-ignore
  const context = { report: () => undefined };
  const result = await writeEntry(model, asking(edit.prompt, edit.target), undefined, settings, () => Float32Array.from(first), context); // prettier-ignore
  result.losses[0]!.slice(0, 5).forEach(({ total }, step) => {
    expect(Math.abs(total / edit.losses[step]! - 1)).toBeLessThan(SLACK * stored.tolerance.losses_first_five_rel); // prettier-ignore
  });
});
