/**
 * Whole runs of MEMIT and EMMET against the published code, for any backend: every request's target with every pass of
 * its optimisation, every layer's keys, residuals and change, the probabilities afterwards.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EditMethod } from "../../domain/edit";
import { scoreAnswers } from "../../evaluation/probes";
import { memory } from "../../gpu/tensor";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "../computeEdit";
import { EditStack } from "../stack";
import { RUN_LIMIT, type Comparison } from "./comparison";
import {
  errorOf,
  storedRuns,
  storesTensor,
  toRequest,
  toSettings,
  type StoredEvaluation,
  type StoredOptimisation,
  type StoredTensors,
} from "./storedRuns";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

export type FactsCase = {
  requests: Parameters<typeof toRequest>[0][];
  layers: number[];
  hparams: Record<string, unknown>;
  optimisation: StoredOptimisation[];
  after: StoredEvaluation[][];
  tolerance: { z_rel: number; delta_w_rel: number; probability_abs: number };
};

export function describeFacts(
  name: string,
  cases: readonly (readonly [string, EditMethod])[],
  { read, has, slack, record }: Comparison,
): void {
  const { readJson, tensorsOf, openMoments, memitContexts } = storedRuns(read);
  const folderOf = (caseName: string) => `editing/${name}/${caseName}`;

  describe.each(cases)(`${name} %s`, (caseName, method) => {
    const here = has(`${folderOf(caseName)}/case.json`);
    let model: Model;
    let stored: FactsCase;
    let tensor: StoredTensors;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      model = await loadFixture(read, name);
      stored = await readJson<FactsCase>(`${folderOf(caseName)}/case.json`);
      tensor = await tensorsOf(`${folderOf(caseName)}/tensors.safetensors`);
      const moments = `editing/${name}/second_moments/tensors.safetensors`;
      const statistics = await openMoments(moments, "C.", stored.layers);
      const requests = stored.requests.map(toRequest);
      const call = { method, requests, settings: toSettings(stored.hparams), seed: 1 };
      const contexts = await memitContexts(name);
      result = await computeEdit(model, call, { ...QUIET, contexts, statistics });
    }, RUN_LIMIT);
    afterAll(() => (here ? model.dispose() : undefined));

    test.runIf(here)("targets, with every pass of their optimisation", async () => {
      const error = await errorOf(result.intermediates, "z", tensor);
      record(method, `${name} ${caseName}`, "z", error);
      expect(error).toBeLessThan(slack * stored.tolerance.z_rel);
      stored.optimisation.forEach(({ steps }, request) => {
        const own = result.edit.losses[request]!;
        expect(own).toHaveLength(steps.length);
        const errors = steps.map((step, at) => Math.abs(own[at]!.total - step.loss));
        record(method, `${name} ${caseName}`, "loss of any pass, absolute", Math.max(...errors));
        for (const one of errors) expect(one).toBeLessThan(slack * 2e-3);
      });
    });

    test.runIf(here)("keys, residuals and changes of every layer", async () => {
      for (const layer of stored.layers) {
        for (const part of ["K", "R", "cur_z", "X", "delta_w"]) {
          if (!(await storesTensor(tensor, `${part}.${layer}`))) continue;
          const error = await errorOf(result.intermediates, `${part}.${layer}`, tensor);
          record(method, `${name} ${caseName}`, part, error);
          expect(error, `${part}.${layer}`).toBeLessThan(slack * stored.tolerance.delta_w_rel);
        }
      }
    });

    test.runIf(here)("probabilities afterwards, and every bit back when it is undone", async () => {
      const before = memory();
      const stack = new EditStack(model.weights, model.hash);
      const id = await stack.add(result.edit);
      expect(stack.state.edits[0]!.updates).toHaveLength(stored.layers.length);
      const requests = stored.requests.map(toRequest);
      const questions = requests.map(({ prompt, subject, targetNew }) => ({
        prompt: prompt.replace("{}", subject),
        answer: targetNew,
      }));
      const scores = await scoreAnswers(model, questions);
      scores.forEach(({ p }, at) => {
        const error = Math.abs(p - stored.after[at]![0]!.p_target_new);
        record(method, `${name} ${caseName}`, "p(new) after, absolute", error);
        expect(error).toBeLessThan(slack * stored.tolerance.probability_abs);
      });
      await stack.remove(id);
      expect(stack.state.weightHash).toBe(model.hash);
      for (const layer of stored.layers)
        expect(model.weights.overrideOf(`blocks.${layer}.mlpOut`)).toBeUndefined();
      expect(memory()).toEqual(before);
    });
  });
}
