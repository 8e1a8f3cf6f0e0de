/** LoRA against EasyEdit's own runs from the stored beginning, for any backend: losses of every pass, what is said then. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scoreAnswers } from "../../evaluation/probes";
import { generate } from "../../model/generate";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { teacherForced } from "../answerLoss";
import { trainLora } from "../methods/lora";
import type { MethodResult } from "../methods/method";
import { EditStack } from "../stack";
import { RUN_LIMIT, type Comparison } from "./comparison";
import { storedRuns, type StoredTensors } from "./storedRuns";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

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

export function describeLora(cases: readonly string[], { read, has, slack, record }: Comparison): void {
  const { readJson, tensorsOf } = storedRuns(read);

  describe.each(cases)("%s", (caseName) => {
    const here = has(`methods/${caseName}/case.json`);
    const fused = caseName === "lora-gpt2";
    let model: Model;
    let stored: LoraCase;
    let result: MethodResult;
    beforeAll(async () => {
      if (!here) return;
      stored = await readJson<LoraCase>(`methods/${caseName}/case.json`);
      const tensor = await tensorsOf(`methods/${caseName}/tensors.safetensors`);
      model = await loadFixture(read, stored.model);
      const { prompt, target: targetNew, rank, alpha, lr, losses } = stored;
      const request = { prompt: "{}", subject: prompt, targetNew, paraphrases: [], neighbours: [] };
      const starts = await startsOf(tensor, model.config.layers, fused);
      const modules = fused ? ("fusedQueryKeyValue" as const) : ("queryValue" as const);
      result = await trainLora(
        model,
        [teacherForced(model, request)],
        { rank, alpha, learningRate: lr, steps: losses.length, modules },
        ([first]) => starts.get(first!)!,
        { report: () => undefined },
      );
    }, RUN_LIMIT);
    afterAll(() => (here ? model.dispose() : undefined));

    test.runIf(here)("losses of every pass", () => {
      const { losses, tolerance } = stored;
      const errors = result.losses[0]!.map(({ total }, at) => Math.abs(total - losses[at]!));
      expect(errors).toHaveLength(losses.length);
      record("LoRA", caseName, "loss, relative to the first", Math.max(...errors) / losses[0]!);
      for (const [at, error] of errors.slice(0, 3).entries())
        expect(error / losses[at]!).toBeLessThan(slack * tolerance.losses_first_three_rel);
      expect(Math.max(...errors) / losses[0]!).toBeLessThan(slack * tolerance.losses_rel_of_first);
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
      expect(stack.state.weightHash).toBe(model.hash);
      expect(completion.ids).toEqual(stored.generated_ids);
      const error = Math.abs(score!.pFirst - stored.target_first_token_prob_after);
      record("LoRA", caseName, "p(first) after, absolute", error);
      expect(error).toBeLessThan(slack * stored.tolerance.prob_abs);
    });
  });
}

/** The stored A of every group, [in, r], by the first matrix that shares it; PEFT stores [r, in]. */
async function startsOf(
  tensor: StoredTensors,
  layers: number,
  fused: boolean,
): Promise<Map<string, Float64Array>> {
  const starts = new Map<string, Float64Array>();
  for (let layer = 0; layer < layers; layer++) {
    const places = fused
      ? [[`transformer.h.${layer}.attn.c_attn`, "attnQuery"]]
      : ["q_proj", "v_proj"].map((part, at) => [
          `model.layers.${layer}.self_attn.${part}`,
          at === 0 ? "attnQuery" : "attnValue",
        ]);
    for (const [module, role] of places) {
      const { shape, values } = await tensor(`init.${module}.lora_A`);
      const [r, width] = [shape[0]!, shape[1]!];
      const down = Float64Array.from(values, (_, i) => values[(i % r) * width + Math.floor(i / r)]!);
      starts.set(`blocks.${layer}.${role}`, down);
    }
  }
  return starts;
}
