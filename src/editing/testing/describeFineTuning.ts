/** FT-L and FT-M against EasyEdit's own runs, for any backend: losses of every pass, changes, the probability. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scoreAnswers } from "../../evaluation/probes";
import { memory } from "../../gpu/tensor";
import { norm, relativeDifference } from "../../linalg/norms";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "../computeEdit";
import { EditStack } from "../stack";
import { RUN_LIMIT, type Comparison } from "./comparison";
import { storedRuns, toRequest, type StoredEvaluation, type StoredTensors } from "./storedRuns";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

type FtCase = {
  request: Parameters<typeof toRequest>[0];
  hparams: { layers: number[]; lr: number; num_steps: number; norm_constraint: number | false };
  losses: number[];
  delta_norm: Record<string, number>;
  after: StoredEvaluation[];
  tolerance: { loss_abs: number; delta_rel: number; delta_norm_rel: number; probability_abs: number };
};

export function describeFineTuning(
  name: string,
  cases: readonly string[],
  { read, has, slack, record }: Comparison,
): void {
  const { readJson, tensorsOf } = storedRuns(read);

  describe.each(cases)(`${name} %s`, (caseName) => {
    const folder = `editing/${name}/${caseName}`;
    const here = has(`${folder}/case.json`);
    // Of some cases the repository holds the numbers and leaves the changes to ../shared.
    const hasChanges = has(`${folder}/tensors.safetensors`);
    const method = caseName.startsWith("ft_l") ? ("FT-L" as const) : ("FT-M" as const);
    let model: Model;
    let stored: FtCase;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      model = await loadFixture(read, name);
      stored = await readJson<FtCase>(`${folder}/case.json`);
      const { layers, lr, num_steps, norm_constraint } = stored.hparams;
      const settings = { layers, lr, num_steps, norm_constraint: Number(norm_constraint), scoreSpecials: true }; // prettier-ignore
      const call = { method, requests: [toRequest(stored.request)], settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: ["{}"] });
    }, RUN_LIMIT);
    afterAll(() => (here ? model.dispose() : undefined));

    test.runIf(here)("losses of every pass", () => {
      const own = result.edit.losses[0]!.map(({ total }) => total);
      expect(own).toHaveLength(stored.losses.length);
      const error = Math.max(...own.map((value, at) => Math.abs(value - stored.losses[at]!)));
      record(method, `${name} ${caseName}`, "loss, absolute", error);
      expect(error).toBeLessThan(slack * stored.tolerance.loss_abs);
    });

    const ownChange = (parameter: string) => {
      const bias = parameter.endsWith(".bias");
      const dumped = result.intermediates.find((one) => one.name.endsWith(".bias") === bias)!;
      return Float64Array.from(dumped.values);
    };

    test.runIf(here)("sizes of the changes of weight and bias", () => {
      const entries = Object.entries(stored.delta_norm);
      expect(result.edit.updates).toHaveLength(entries.length);
      for (const [parameter, size] of entries) {
        const error = Math.abs(norm(ownChange(parameter)) / size - 1);
        record(method, `${name} ${caseName}`, "‖Δ‖", error);
        expect(error).toBeLessThan(slack * stored.tolerance.delta_norm_rel);
      }
    });

    test.runIf(hasChanges)("changes of weight and bias", async () => {
      const tensor: StoredTensors = await tensorsOf(`${folder}/tensors.safetensors`);
      for (const parameter of Object.keys(stored.delta_norm)) {
        const error = relativeDifference(ownChange(parameter), (await tensor(`delta.${parameter}`)).values);
        record(method, `${name} ${caseName}`, parameter.endsWith(".bias") ? "Δ bias" : "Δ weight", error);
        expect(error).toBeLessThan(slack * stored.tolerance.delta_rel);
      }
    });

    test.runIf(here)("probability afterwards, and every bit back", async () => {
      const before = memory();
      const stack = new EditStack(model.weights, model.hash);
      await stack.add(result.edit);
      const { prompt, subject, targetNew } = toRequest(stored.request);
      const question = { prompt: prompt.replace("{}", subject), answer: targetNew };
      const [score] = await scoreAnswers(model, [question]);
      await stack.clear();
      expect(stack.state.weightHash).toBe(model.hash);
      expect(memory()).toEqual(before);
      const error = Math.abs(score!.p - stored.after[0]!.p_target_new);
      record(method, `${name} ${caseName}`, "p(new) after, absolute", error);
      expect(error).toBeLessThan(slack * stored.tolerance.probability_abs);
    });
  });
}
