/** MEMIT and EMMET on WASM against the published code's own numbers: targets, keys, every layer's change, probabilities. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EditMethod } from "../domain/edit";
import { scoreAnswers } from "../evaluation/probes";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "./computeEdit";
import { EditStack } from "./stack";
import type { Statistics } from "./statistics";
import {
  errorOf,
  memitContexts,
  openMoments,
  readJson,
  storesTensor,
  tensorsOf,
  toRequest,
  toSettings,
  type StoredEvaluation,
  type StoredOptimisation,
  type StoredTensors,
} from "./testing/factCases";
import { recordError } from "./testing/errorTable";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { createMoments } from "./moments";
import { leastSquaresRule } from "./updateRules";

const MODELS = ["tiny-facts2-gpt2", "tiny-facts2-llama"] as const;
const CASES: readonly [string, EditMethod][] = [
  ["memit_batch1", "MEMIT"],
  ["memit_batch8", "MEMIT"],
  ["memit_batch32", "MEMIT"],
  ["emmet_batch1", "EMMET"],
  ["emmet_batch8", "EMMET"],
  ["emmet_batch32", "EMMET"],
];
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

type CaseFile = {
  requests: Parameters<typeof toRequest>[0][];
  layers: number[];
  hparams: Record<string, unknown>;
  optimisation: StoredOptimisation[];
  after: StoredEvaluation[][];
  tolerance: { z_rel: number; delta_w_rel: number; probability_abs: number };
};

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(MODELS)("%s", (name) => {
  let model: Model;
  let statistics: Statistics;
  let contexts: string[];
  beforeAll(async () => {
    model = await loadFixture(readFixture, name);
    statistics = await openMoments(`editing/${name}/second_moments/tensors.safetensors`, "C.", [0, 1, 2]);
    contexts = await memitContexts(name);
  });
  afterAll(() => model.dispose());

  describe.each(CASES)("%s", (caseName, method) => {
    const folder = `editing/${name}/${caseName}`;
    const here = hasFixture(`${folder}/case.json`);
    let stored: CaseFile;
    let tensor: StoredTensors;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      stored = await readJson<CaseFile>(`${folder}/case.json`);
      tensor = await tensorsOf(`${folder}/tensors.safetensors`);
      const requests = stored.requests.map(toRequest);
      const call = { method, requests, settings: toSettings(stored.hparams), seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts, statistics });
    });

    test.runIf(here)("ΔW from the stored keys and residuals", async () => {
      const moments = createMoments(statistics, stored.layers, model.config.mlpWidth);
      const { mom2_update_weight: weight, emmet_lambda: epsilon = 0.1 } = stored.hparams as Record<
        string,
        number
      >;
      const lambda = method === "EMMET" ? epsilon * weight! : weight!;
      for (const layer of stored.layers) {
        const { shape, values: keys } = await tensor(`K.${layer}`);
        const { values: residuals, shape: size } = await tensor(`R.${layer}`);
        const rule = leastSquaresRule(await moments.factor(layer), () => moments.values(layer), lambda);
        const [f, n] = [shape[0]!, shape[1]!];
        const x = rule({ f, n, d: size[0]!, keys, residuals, kept: new Float64Array(0) });
        const expected = (await tensor(`X.${layer}`)).values;
        const error = relativeDifference(x, expected);
        recordError(method, `${name} ${caseName}`, "X from stored K, R, C", error);
        expect(error, `X.${layer}`).toBeLessThan(1e-4);
      }
    });

    test.runIf(here)("targets, with every pass of their optimisation", async () => {
      const error = await errorOf(result.intermediates, "z", tensor);
      recordError(method, `${name} ${caseName}`, "z", error);
      expect(error).toBeLessThan(stored.tolerance.z_rel);
      stored.optimisation.forEach(({ steps }, request) => {
        const own = result.edit.losses[request]!;
        expect(own).toHaveLength(steps.length);
        steps.forEach((step, at) => expect(Math.abs(own[at]!.total - step.loss)).toBeLessThan(2e-3));
      });
    });

    test.runIf(here)("keys, residuals and changes of every layer", async () => {
      for (const layer of stored.layers) {
        for (const part of ["K", "R", "cur_z", "X", "delta_w"]) {
          if (!(await storesTensor(tensor, `${part}.${layer}`))) continue;
          const error = await errorOf(result.intermediates, `${part}.${layer}`, tensor);
          recordError(method, `${name} ${caseName}`, part, error);
          expect(error, `${part}.${layer}`).toBeLessThan(stored.tolerance.delta_w_rel);
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
        recordError(method, `${name} ${caseName}`, "p(new) after, absolute", error);
        expect(error).toBeLessThan(stored.tolerance.probability_abs);
      });
      await stack.remove(id);
      expect(stack.state.weightHash).toBe(model.hash);
      for (const layer of stored.layers)
        expect(model.weights.overrideOf(`blocks.${layer}.mlpOut`)).toBeUndefined();
      expect(memory()).toEqual(before);
    });
  });
});
