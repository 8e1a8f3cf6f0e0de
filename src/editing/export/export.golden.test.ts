/**
 * What leaves the lab is what is in use: an adapter merged as PEFT merges it, and changed weights laid over the
 * checkpoint, load to a model that computes what the edited one does; the rest is refused by name.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DenseUpdate, LowRankUpdate, WeightUpdate } from "../../domain/edit";
import type { ExportFormat, ExportResult } from "../../domain/export";
import { startBackend, type EngineBackend } from "../../gpu/backend";
import { dispose, memory, read } from "../../gpu/tensor";
import { readWasmFiles } from "../../gpu/wasm/nodeFiles";
import { legacyRandom } from "../../lib/random/legacyRandom";
import { openSafetensors } from "../../loading/safetensors/safetensorsTensors";
import { memorySource } from "../../loading/byteSource/memorySource";
import type { Checkpoint } from "../../loading/checkpoint";
import { parseModelConfig } from "../../model/config";
import { forward, oneRow } from "../../model/forward";
import { loadModel, type Model } from "../../model/model";
import { openTokenizer } from "../../model/tokenizer/openTokenizer";
import { openFixtureCheckpoint, readNumbers, relativeError } from "../../model/testing/openFixture";
import { sizeOfWeight } from "../editedWeight";
import { editFileModel, readEditFile } from "../editFile";
import { EditStack, type ComputedEdit } from "../stack";
import { readFixture } from "../../../tests/sharedFixtures";
import { exportEdits } from "./exportEdits";
import { jsonAsStack } from "./stackJson";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const BASE = { repository: null, revision: null };
const TEXT = "The tower is in the house, and it was not here.";

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

const edited = (name: string, updates: WeightUpdate[]): ComputedEdit => ({
  name,
  method: "MEMIT",
  settings: {},
  requests: [],
  updates,
  losses: [],
  seed: 1,
  statisticsHash: "",
  contexts: ["{}"],
  created: "2026-11-21T00:00:00.000Z",
});

/** Random updates that fit a model, small beside its weights. */
function updatesOn(model: Model, seed: number) {
  const random = legacyRandom(seed);
  const numbers = (count: number) => Float32Array.from({ length: count }, () => 0.2 * random.normal());
  const size = (weight: string) => sizeOfWeight(model.weights, weight)!;
  const lowRank = (weight: string, rank: number): LowRankUpdate => {
    const { inFeatures, outFeatures } = size(weight);
    const [u, v] = [numbers(outFeatures * rank), numbers(inFeatures * rank)];
    return { kind: "lowRank", weight, out: outFeatures, in: inFeatures, rank, u, v };
  };
  const dense = (weight: string, columns = Infinity): DenseUpdate => {
    const { inFeatures, outFeatures } = size(weight);
    const values = numbers(outFeatures * inFeatures).map((value, at) =>
      at % inFeatures < columns ? value : 0,
    );
    return { kind: "dense", weight, out: outFeatures, in: inFeatures, values };
  };
  return { lowRank, dense };
}

async function logitsOf(model: Model): Promise<Float32Array> {
  const { ids } = model.tokenizer.encode(TEXT);
  const { logits, residual } = forward(model, oneRow(ids), { logitsAt: "all" });
  const values = await read(logits!);
  dispose(logits, residual);
  return values;
}

/** The checkpoint with some of its tensors replaced, through the loader that everyone uses. */
async function logitsWith(
  checkpoint: Checkpoint,
  replaced: Map<string, Float32Array>,
): Promise<Float32Array> {
  const patched: Checkpoint = {
    ...checkpoint,
    readTensor: async (name, options) => {
      const values = await checkpoint.readTensor(name, options);
      values.set(replaced.get(name) ?? values);
      return values;
    },
  };
  const config = parseModelConfig(checkpoint.config);
  const model = await loadModel(patched, openTokenizer(checkpoint), config);
  const logits = await logitsOf(model);
  model.dispose();
  return logits;
}

const fileOf = ({ files }: ExportResult, name: string) => files.find((file) => file.name === name)!.bytes;

describe.each(["gpt2", "gpt_neox", "llama", "qwen2", "gemma3"])("%s", (family) => {
  let model: Model;
  let checkpoint: Checkpoint;
  let stack: EditStack;
  beforeAll(async () => {
    checkpoint = await openFixtureCheckpoint(readFixture, family);
    model = await loadModel(checkpoint, openTokenizer(checkpoint), parseModelConfig(checkpoint.config));
    stack = new EditStack(model.weights, model.hash);
    await logitsOf(model);
  });
  afterAll(async () => {
    await stack.clear();
    model.dispose();
  });
  const exported = (format: ExportFormat, stale: string[] = []) =>
    exportEdits(
      format,
      { model, edits: stack.edits, stale, file: editFileModel(model, "embedded:x"), base: BASE },
      QUIET,
    );

  test("an adapter merged by its module names gives the edited model's logits", async () => {
    const { lowRank, dense } = updatesOn(model, 1);
    await stack.add(edited("first", [lowRank("blocks.1.mlpOut", 1), lowRank("blocks.0.attnQuery", 2)]));
    await stack.add(edited("second", [lowRank("blocks.1.mlpOut", 3), dense("blocks.1.mlpIn", 2)]));
    await stack.add(edited("third", [lowRank("blocks.0.attnValue", 2), lowRank("blocks.0.attnOut", 1)]));
    const before = memory();
    const result = await exported("peft");
    expect(memory()).toEqual(before);
    expect(result.largestDifference).toBeLessThan(1e-6);
    const config = JSON.parse(new TextDecoder().decode(fileOf(result, "adapter_config.json"))) as {
      fan_in_fan_out: boolean;
      target_modules: string[];
      rank_pattern: Record<string, number>;
    };
    expect(config.fan_in_fan_out).toBe(family === "gpt2");
    expect(Object.values(config.rank_pattern).toSorted()).toEqual(
      family === "gpt2" || family === "gpt_neox" ? [1, 2, 4, 4] : [1, 2, 2, 2, 4],
    );
    const { tensors } = await openSafetensors(memorySource("a", fileOf(result, "adapter_model.safetensors")));
    const replaced = new Map<string, Float32Array>();
    for (const module of config.target_modules) {
      const [a, b] = await Promise.all(
        ["lora_A", "lora_B"].map((part) => readNumbers(tensors, `base_model.model.${module}.${part}.weight`)),
      );
      replaced.set(`${module}.weight`, await merge(checkpoint, module, a!.values, b!, config.fan_in_fan_out));
    }
    expect(relativeError(await logitsWith(checkpoint, replaced), await logitsOf(model))).toBeLessThan(1e-5);
    await stack.clear();
  });

  test("changed weights laid over the checkpoint give the edited model's logits", async () => {
    const { lowRank, dense } = updatesOn(model, 2);
    const vectors = ["blocks.1.mlpOut.bias", "blocks.0.attnKey.bias", "blocks.1.mlpNorm"];
    const trained = vectors.filter((name) => model.weights.vector(name)).map((name) => dense(name));
    await stack.add(
      edited("all of it", [dense("blocks.1.mlpOut"), lowRank("blocks.0.attnKey", 2), ...trained]),
    );
    const result = await exported("safetensors");
    expect(result.largestDifference).toBeLessThan(1e-6);
    const { tensors } = await openSafetensors(
      memorySource("w", fileOf(result, "edited_weights.safetensors")),
    );
    const replaced = new Map<string, Float32Array>();
    for (const name of tensors.keys()) replaced.set(name, (await readNumbers(tensors, name)).values);
    expect(relativeError(await logitsWith(checkpoint, replaced), await logitsOf(model))).toBeLessThan(1e-5);
    await expect(exported("peft")).rejects.toMatchObject({ code: "bad-request" });
    await stack.clear();
  });
});

/** W + B A on the stored tensor, as PEFT does it: A [rank, in], B [out, rank]. */
async function merge(
  checkpoint: Checkpoint,
  module: string,
  a: Float32Array,
  { shape, values: b }: { shape: readonly number[]; values: Float32Array },
  fanInFanOut: boolean,
): Promise<Float32Array> {
  const [out, rank] = shape as [number, number];
  const inWidth = a.length / rank;
  const weight = await checkpoint.readTensor(`${module}.weight`);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inWidth; i++) {
      let change = 0;
      for (let r = 0; r < rank; r++) change += b[o * rank + r]! * a[r * inWidth + i]!;
      weight[fanInFanOut ? i * out + o : o * inWidth + i]! += change;
    }
  }
  return weight;
}

describe("what is exported", () => {
  let model: Model;
  let stack: EditStack;
  beforeAll(async () => {
    const checkpoint = await openFixtureCheckpoint(readFixture, "llama");
    model = await loadModel(checkpoint, openTokenizer(checkpoint), parseModelConfig(checkpoint.config));
    stack = new EditStack(model.weights, model.hash);
  });
  afterAll(async () => {
    await stack.clear();
    model.dispose();
  });
  const exported = (format: ExportFormat, stale: string[] = []) =>
    exportEdits(
      format,
      { model, edits: stack.edits, stale, file: editFileModel(model, "embedded:x"), base: BASE },
      QUIET,
    );

  test("nothing, where there is nothing or nothing is on", async () => {
    await expect(exported("json")).rejects.toMatchObject({ code: "bad-request" });
    const { lowRank } = updatesOn(model, 3);
    const id = await stack.add(edited("off", [lowRank("blocks.1.mlpOut", 1)]));
    await stack.setEnabled(id, false);
    await expect(exported("peft")).rejects.toMatchObject({
      message: expect.stringContaining("No edit is switched on") as string,
    });
    expect((await exported("json")).edits).toEqual(["off"]);
    await stack.clear();
  });

  test("edits that are on, with what is left out and what is stale by name", async () => {
    const { lowRank } = updatesOn(model, 4);
    const first = await stack.add(edited("first", [lowRank("blocks.1.mlpOut", 1)]));
    const second = await stack.add(edited("second", [lowRank("blocks.2.mlpOut", 1)]));
    await stack.setEnabled(first, false);
    const result = await exported("peft", [second]);
    expect(result).toMatchObject({ edits: ["second"], leftOut: ["first"] });
    expect(result.weights.map(({ name }) => name)).toEqual(["model.layers.2.mlp.down_proj"]);
    expect(result.notes).toEqual([expect.stringContaining("“second” was computed on other edits")]);
    await stack.clear();
  });

  test("no edit that works beside the model, and no matrix of full rank, in an adapter", async () => {
    const { dense } = updatesOn(model, 5);
    const id = await stack.add(edited("full", [dense("blocks.1.mlpOut")]));
    await expect(exported("peft")).rejects.toMatchObject({
      message: expect.stringContaining("“full” (MEMIT) changes blocks.1.mlpOut by more than rank") as string,
      remedy: expect.stringContaining("safetensors") as string,
    });
    await stack.remove(id);
    await stack.add({ ...edited("beside", []), method: "GRACE" });
    for (const format of ["peft", "safetensors"] as const)
      await expect(exported(format)).rejects.toMatchObject({
        message: expect.stringContaining("“beside” (GRACE) changes no weight") as string,
      });
    await stack.clear();
  });

  test("the whole stack as JSON, from which the same stack opens", async () => {
    const { lowRank, dense } = updatesOn(model, 6);
    await stack.add(edited("one", [lowRank("blocks.1.mlpOut", 2), dense("blocks.0.mlpNorm")]));
    const result = await exported("json");
    expect(result.largestDifference).toBe(0);
    const options = { fileName: "e", model: editFileModel(model, "embedded:x"), weights: model.weights };
    const bytes = jsonAsStack(fileOf(result, "edits.json"));
    const opened = await readEditFile(bytes, { ...options, acceptOtherRevision: false });
    expect(opened[0]!.digest).toBe(stack.edits[0]!.digest);
    await stack.clear();
  });
});
