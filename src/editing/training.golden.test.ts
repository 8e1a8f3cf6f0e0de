/** FT-L, FT-M and LoRA on WASM against EasyEdit's own runs: losses of every pass, changes, probabilities. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { scoreAnswers } from "../evaluation/probes";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { norm, relativeDifference } from "../linalg/norms";
import { generate } from "../model/generate";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { teacherForced } from "./answerLoss";
import { computeEdit, type ComputedResult } from "./computeEdit";
import type { MethodResult } from "./methods/method";
import { trainLora } from "./methods/lora";
import { EditStack } from "./stack";
import { recordError } from "./testing/errorTable";
import {
  readJson,
  tensorsOf,
  toRequest,
  type StoredEvaluation,
  type StoredTensors,
} from "./testing/factCases";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const FT_CASES = [
  "ft_l_1_constrained",
  "ft_l_1_free",
  "ft_l_2_constrained",
  "ft_m_1_constrained",
  "ft_m_2_constrained",
  "ft_m_2_free",
];

type FtCase = {
  request: Parameters<typeof toRequest>[0];
  hparams: { layers: number[]; lr: number; num_steps: number; norm_constraint: number | false };
  scored_target_ids: number[];
  losses: number[];
  delta_norm: Record<string, number>;
  after: StoredEvaluation[];
  tolerance: { loss_abs: number; delta_rel: number; delta_norm_rel: number; probability_abs: number };
};

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("%s", (name) => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, name);
  });
  afterAll(() => model.dispose());

  describe.each(FT_CASES)("%s", (caseName) => {
    const folder = `editing/${name}/${caseName}`;
    const here = hasFixture(`${folder}/tensors.safetensors`);
    const method = caseName.startsWith("ft_l") ? ("FT-L" as const) : ("FT-M" as const);
    let stored: FtCase;
    let tensor: StoredTensors;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      stored = await readJson<FtCase>(`${folder}/case.json`);
      tensor = await tensorsOf(`${folder}/tensors.safetensors`);
      const { layers, lr, num_steps, norm_constraint } = stored.hparams;
      const settings = {
        layers,
        lr,
        num_steps,
        norm_constraint: Number(norm_constraint),
        scoreSpecials: true,
      };
      const call = { method, requests: [toRequest(stored.request)], settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: ["{}"] });
    });

    test.runIf(here)("losses of every pass", () => {
      const own = result.edit.losses[0]!.map(({ total }) => total);
      expect(own).toHaveLength(stored.losses.length);
      const error = Math.max(...own.map((value, at) => Math.abs(value - stored.losses[at]!)));
      recordError(method, `${name} ${caseName}`, "loss, absolute", error);
      expect(error).toBeLessThan(stored.tolerance.loss_abs);
    });

    test.runIf(here)("changes of weight and bias", async () => {
      const entries = Object.entries(stored.delta_norm);
      expect(result.edit.updates).toHaveLength(entries.length);
      for (const [parameter, size] of entries) {
        const bias = parameter.endsWith(".bias");
        const dumped = result.intermediates.find((one) => one.name.endsWith(".bias") === bias)!;
        const own = Float64Array.from(dumped.values);
        const truth = (await tensor(`delta.${parameter}`)).values;
        const error = relativeDifference(own, truth);
        recordError(method, `${name} ${caseName}`, bias ? "Δ bias" : "Δ weight", error);
        expect(error).toBeLessThan(stored.tolerance.delta_rel);
        expect(Math.abs(norm(own) / size - 1)).toBeLessThan(stored.tolerance.delta_norm_rel);
      }
    });

    test.runIf(here)("probability afterwards, and every bit back", async () => {
      const before = memory();
      const stack = new EditStack(model.weights, model.hash);
      await stack.add(result.edit);
      const { prompt, subject, targetNew } = toRequest(stored.request);
      const [score] = await scoreAnswers(model, [
        { prompt: prompt.replace("{}", subject), answer: targetNew },
      ]);
      await stack.clear();
      expect(stack.state.weightHash).toBe(model.hash);
      expect(memory()).toEqual(before);
      const error = Math.abs(score!.p - stored.after[0]!.p_target_new);
      recordError(method, `${name} ${caseName}`, "p(new) after, absolute", error);
      expect(error).toBeLessThan(stored.tolerance.probability_abs);
    });
  });
});

type LoraCase = {
  model: string;
  prompt: string;
  target: string;
  rank: number;
  alpha: number;
  lr: number;
  losses: number[];
  target_first_token_prob_after: number;
  generated_ids: number[];
  tolerance: { losses_first_three_rel: number; losses_rel_of_first: number; prob_abs: number };
};

describe.each(["lora-gpt2", "lora-llama"])("%s", (caseName) => {
  const here = hasFixture(`methods/${caseName}/case.json`);
  let model: Model;
  let stored: LoraCase;
  let result: MethodResult;
  beforeAll(async () => {
    if (!here) return;
    stored = await readJson<LoraCase>(`methods/${caseName}/case.json`);
    const tensor = await tensorsOf(`methods/${caseName}/tensors.safetensors`);
    model = await loadFixture(readFixture, stored.model);
    const { prompt, target: targetNew, rank, alpha, lr, losses } = stored;
    const request = { prompt: "{}", subject: prompt, targetNew, paraphrases: [], neighbours: [] };
    const fused = caseName === "lora-gpt2";
    const starts = new Map<string, Float64Array>();
    for (let layer = 0; layer < model.config.layers; layer++) {
      const places = fused
        ? [[`transformer.h.${layer}.attn.c_attn`, "attnQuery"]]
        : ["q_proj", "v_proj"].map((part, at) => [
            `model.layers.${layer}.self_attn.${part}`,
            at === 0 ? "attnQuery" : "attnValue",
          ]);
      for (const [module, role] of places) {
        const { shape, values } = await tensor(`init.${module}.lora_A`);
        const [r, width] = [shape[0]!, shape[1]!];
        const down = Float64Array.from(
          { length: values.length },
          (_, i) => values[(i % r) * width + Math.floor(i / r)]!,
        );
        starts.set(`blocks.${layer}.${role}`, down);
      }
    }
    const modules = fused ? ("fusedQueryKeyValue" as const) : ("queryValue" as const);
    result = await trainLora(
      model,
      [teacherForced(model, request)],
      { rank, alpha, learningRate: lr, steps: losses.length, modules },
      ([first]) => starts.get(first!)!,
      { report: () => undefined },
    );
  });
  afterAll(() => (here ? model.dispose() : undefined));

  test.runIf(here)("losses of every pass", () => {
    const own = result.losses[0]!.map(({ total }) => total);
    const errors = own.map((value, at) => Math.abs(value - stored.losses[at]!));
    recordError("LoRA", caseName, "loss, relative to the first", Math.max(...errors) / stored.losses[0]!);
    errors
      .slice(0, 3)
      .forEach((error, at) =>
        expect(error / stored.losses[at]!).toBeLessThan(stored.tolerance.losses_first_three_rel),
      );
    expect(Math.max(...errors) / stored.losses[0]!).toBeLessThan(stored.tolerance.losses_rel_of_first);
  });

  test.runIf(here)("probability and greedy text afterwards", async () => {
    const stack = new EditStack(model.weights, model.hash);
    const { prompt, target } = stored;
    await stack.add({
      name: "lora", method: "LoRA", settings: {}, requests: [], updates: result.updates, losses: [], seed: 1,
      statisticsHash: "", contexts: ["{}"], created: "",
    }); // prettier-ignore
    const [score] = await scoreAnswers(model, [{ prompt, answer: target }]);
    const greedy = { maxTokens: stored.generated_ids.length, top: 1, temperature: 0, seed: 1, chat: false, stop: [], ignoreEnd: true }; // prettier-ignore
    const { completion } = await generate(model, { ...greedy, prompt }, QUIET);
    await stack.clear();
    expect(completion.ids).toEqual(stored.generated_ids);
    const error = Math.abs(score!.pFirst - stored.target_first_token_prob_after);
    recordError("LoRA", caseName, "p(first) after, absolute", error);
    expect(error).toBeLessThan(stored.tolerance.prob_abs);
  });
});
