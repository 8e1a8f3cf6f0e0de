/**
 * A whole sequence of AlphaEdit against the published code, for any backend: batches in turn, each with its targets and
 * their losses, keys, residuals and changes of every layer, probabilities, and the keys that the next one is given.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scoreAnswers } from "../../evaluation/probes";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { computeEdit } from "../computeEdit";
import { EditStack } from "../stack";
import type { Statistics } from "../statistics";
import type { Comparison } from "./comparison";
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

type Batch = {
  requests: (Parameters<typeof toRequest>[0] & { case_id: number })[];
  optimisation: StoredOptimisation[];
  after_this_batch: { case_id: number; evaluations: StoredEvaluation[] }[];
};
export type AlphaEditCase = {
  layers: number[];
  hparams: Record<string, unknown> & { nullspace_threshold: number; L2: number };
  nullspace_rank: Record<string, number>;
  batches: Batch[];
  tolerance: { z_rel: number; delta_w_rel: number; probability_abs: number };
};

export function describeAlphaEdit(name: string, { read, has, slack, record }: Comparison): void {
  const { readJson, tensorsOf, openMoments, memitContexts } = storedRuns(read);
  const folder = `editing/${name}/alphaedit_sequence`;
  const here = has(`${folder}/case.json`);

  describe(`${name} alphaedit_sequence`, () => {
    let model: Model;
    let statistics: Statistics;
    let stored: AlphaEditCase;
    let tensor: StoredTensors;
    let contexts: string[];
    let stack: EditStack;
    beforeAll(async () => {
      if (!here) return;
      model = await loadFixture(read, name);
      stored = await readJson<AlphaEditCase>(`${folder}/case.json`);
      tensor = await tensorsOf(`${folder}/tensors.safetensors`);
      const moments = `editing/${name}/second_moments/tensors.safetensors`;
      statistics = await openMoments(moments, "C.", stored.layers);
      contexts = await memitContexts(name);
      stack = new EditStack(model.weights, model.hash);
    });
    afterAll(async () => {
      if (!here) return;
      await stack.clear();
      expect(stack.state.weightHash).toBe(model.hash);
      model.dispose();
    });

    test.runIf(here)("every batch in turn", async () => {
      for (const [b, batch] of stored.batches.entries()) await expectBatch(batch, b);
    });

    async function expectBatch(
      { requests: facts, optimisation, after_this_batch }: Batch,
      b: number,
    ): Promise<void> {
      const { tolerance, layers, hparams } = stored;
      const where = `${name} batch ${b}`;
      const requests = facts.map(toRequest);
      const call = { method: "AlphaEdit" as const, requests, settings: toSettings(hparams), seed: 1 };
      const keptKeys = stack.edits.flatMap((edit) => edit.keptKeys ?? []);
      const options = { ...QUIET, contexts, statistics, keptKeys };
      const { edit, intermediates } = await computeEdit(model, call, options);
      optimisation.forEach(({ steps }, request) => {
        const own = edit.losses[request]!;
        expect(own).toHaveLength(steps.length);
        const errors = steps.map(({ loss }, at) => Math.abs(own[at]!.total - loss));
        record("AlphaEdit", where, "loss of any pass, absolute", Math.max(...errors));
        for (const one of errors) expect(one, `request ${request}`).toBeLessThan(slack * 2e-3);
      });
      for (const part of ["z", ...layers.flatMap((l) => [`K.${l}`, `R.${l}`, `delta_w.${l}`])]) {
        if (!(await storesTensor(tensor, `b${b}.${part}`))) continue;
        const error = await errorOf(intermediates, part, tensor, `b${b}.${part}`);
        record("AlphaEdit", where, part.split(".")[0]!, error);
        expect(error, part).toBeLessThan(slack * tolerance.delta_w_rel);
      }
      await stack.add(edit);
      const questions = requests.map(({ prompt, subject, targetNew }) => ({
        prompt: prompt.replace("{}", subject),
        answer: targetNew,
      }));
      const scores = await scoreAnswers(model, questions);
      scores.forEach(({ p }, at) => {
        const id = facts[at]!.case_id;
        const truth = after_this_batch.find((one) => one.case_id === id)!.evaluations[0]!.p_target_new;
        record("AlphaEdit", where, "p(new) after, absolute", Math.abs(p - truth));
        expect(Math.abs(p - truth)).toBeLessThan(slack * tolerance.probability_abs);
      });
    }
  });
}
