/** AlphaEdit on WASM against the published code's own numbers: three batches one after the other, keys carried along. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { scoreAnswers } from "../evaluation/probes";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "./computeEdit";
import { createMoments } from "./moments";
import { EditStack } from "./stack";
import type { Statistics } from "./statistics";
import { recordError } from "./testing/errorTable";
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
import { nullSpaceRule } from "./updateRules";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

type CaseFile = {
  layers: number[];
  hparams: Record<string, unknown> & { nullspace_threshold: number; L2: number };
  nullspace_rank: Record<string, number>;
  batches: {
    requests: (Parameters<typeof toRequest>[0] & { case_id: number })[];
    optimisation: StoredOptimisation[];
    after_this_batch: { case_id: number; evaluations: StoredEvaluation[] }[];
  }[];
  tolerance: { z_rel: number; delta_w_rel: number; probability_abs: number };
};

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("%s", (name) => {
  const folder = `editing/${name}/alphaedit_sequence`;
  const here = hasFixture(`${folder}/case.json`);
  let model: Model;
  let statistics: Statistics;
  let stored: CaseFile;
  let tensor: StoredTensors;
  beforeAll(async () => {
    if (!here) return;
    model = await loadFixture(readFixture, name);
    stored = await readJson<CaseFile>(`${folder}/case.json`);
    tensor = await tensorsOf(`${folder}/tensors.safetensors`);
    statistics = await openMoments(`editing/${name}/second_moments/tensors.safetensors`, "C.", stored.layers);
  });
  afterAll(() => (here ? model.dispose() : undefined));

  test.runIf(here)("the projector has the published rank", async () => {
    const moments = createMoments(statistics, stored.layers, model.config.mlpWidth);
    for (const layer of stored.layers) {
      const space = await moments.nullSpace(layer, stored.hparams.nullspace_threshold);
      expect(space.dimension).toBe(stored.nullspace_rank[layer]);
    }
  });

  test.runIf(here)("ΔW from the stored keys, residuals and carried keys", async () => {
    const moments = createMoments(statistics, stored.layers, model.config.mlpWidth);
    for (const [b] of stored.batches.entries()) {
      for (const layer of stored.layers) {
        if (!(await storesTensor(tensor, `b${b}.delta_w.${layer}`))) continue;
        const keys = await tensor(`b${b}.K.${layer}`);
        const residuals = await tensor(`b${b}.R.${layer}`);
        const [f, n, d] = [keys.shape[0]!, keys.shape[1]!, residuals.shape[0]!];
        const earlier = await Promise.all(
          stored.batches.slice(0, b).map((_, at) => tensor(`b${at}.K_after.${layer}`)),
        );
        const kept = new Float64Array(f * n * earlier.length);
        earlier.forEach(({ values }, at) => {
          for (let row = 0; row < f; row++)
            kept.set(values.subarray(row * n, (row + 1) * n), row * n * earlier.length + at * n);
        });
        const space = await moments.nullSpace(layer, stored.hparams.nullspace_threshold);
        const x = nullSpaceRule(space, stored.hparams.L2)({
          f, n, d, keys: keys.values, residuals: residuals.values, kept,
        }); // prettier-ignore
        const change = new Float64Array(f * d);
        for (let i = 0; i < f; i++)
          for (let o = 0; o < d; o++)
            for (let r = 0; r < n; r++) change[i * d + o]! += x[i * n + r]! * residuals.values[o * n + r]!;
        const expected = await tensor(`b${b}.delta_w.${layer}`);
        const truth = expected.shape[0] === f ? expected.values : transpose(expected.values, d, f);
        const error = relativeDifference(change, truth);
        recordError("AlphaEdit", `${name} batch ${b}`, "ΔW from stored K, R, C, cache", error);
        expect(error).toBeLessThan(1e-3);
      }
    }
  });

  test.runIf(here)("three batches in turn, keys and probabilities", async () => {
    const contexts = await memitContexts(name);
    const stack = new EditStack(model.weights, model.hash);
    for (const [b, batch] of stored.batches.entries()) {
      const requests = batch.requests.map(toRequest);
      const call = { method: "AlphaEdit" as const, requests, settings: toSettings(stored.hparams), seed: 1 };
      const keptKeys = stack.edits.flatMap((edit) => edit.keptKeys ?? []);
      const { edit, intermediates }: ComputedResult = await computeEdit(model, call, {
        ...QUIET, contexts, statistics, keptKeys,
      }); // prettier-ignore
      for (const part of ["z", ...stored.layers.flatMap((l) => [`K.${l}`, `R.${l}`, `delta_w.${l}`])]) {
        if (!(await storesTensor(tensor, `b${b}.${part}`))) continue;
        const error = await errorOf(intermediates, part, tensor, `b${b}.${part}`);
        recordError("AlphaEdit", `${name} batch ${b}`, part.split(".")[0]!, error);
        expect(error, part).toBeLessThan(stored.tolerance.delta_w_rel);
      }
      await stack.add(edit);
      const questions = requests.map(({ prompt, subject, targetNew }) => ({
        prompt: prompt.replace("{}", subject),
        answer: targetNew,
      }));
      const scores = await scoreAnswers(model, questions);
      scores.forEach(({ p }, at) => {
        const id = batch.requests[at]!.case_id;
        const truth = batch.after_this_batch.find((one) => one.case_id === id)!.evaluations[0]!.p_target_new;
        recordError("AlphaEdit", `${name} batch ${b}`, "p(new) after, absolute", Math.abs(p - truth));
        expect(Math.abs(p - truth)).toBeLessThan(stored.tolerance.probability_abs);
      });
    }
    await stack.clear();
    expect(stack.state.weightHash).toBe(model.hash);
  });
});
