/** Knowledge neurons against EasyEdit's own runs, for any backend: scores, chosen neurons, changed rows, probabilities. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scoreAnswers } from "../../evaluation/probes";
import { relativeDifference } from "../../linalg/norms";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "../computeEdit";
import { EditStack } from "../stack";
import { RUN_LIMIT, type Comparison } from "./comparison";
import { storedRuns, type StoredTensors } from "./storedRuns";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

type KnCase = {
  model: string;
  prompt: string;
  ground_truth: string;
  target: string;
  target_ids: number[];
  steps: number;
  adaptive_threshold: number;
  neurons: [number, number][];
  argmax_after: string;
  target_prob_after: number;
  tolerance: { scores_abs: number; delta_rows_rel: number; prob_abs: number };
};

export function describeKn(cases: readonly string[], { read, has, slack, record }: Comparison): void {
  const { readJson, tensorsOf } = storedRuns(read);

  describe.each(cases)("%s", (caseName) => {
    const here = has(`methods/${caseName}/case.json`);
    let model: Model;
    let stored: KnCase;
    let tensor: StoredTensors;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      stored = await readJson<KnCase>(`methods/${caseName}/case.json`);
      tensor = await tensorsOf(`methods/${caseName}/tensors.safetensors`);
      model = await loadFixture(read, stored.model);
      const { prompt, target: targetNew, ground_truth: targetTrue, steps, adaptive_threshold } = stored;
      const request = {
        prompt: "{}",
        subject: prompt,
        targetNew,
        targetTrue,
        paraphrases: [],
        neighbours: [],
      };
      const settings = { steps, adaptive_threshold, scoring: "promptEnd" };
      const call = { method: "KN" as const, requests: [request], settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: ["{}"] });
    }, RUN_LIMIT);
    afterAll(() => (here ? model.dispose() : undefined));

    test.runIf(here)("scores", async () => {
      const own = result.intermediates.find(({ name }) => name === "scores")!.values;
      const { values } = await tensor("scores");
      const error = Math.max(...values.map((value, at) => Math.abs(value - own[at]!)));
      record("KN", caseName, "scores, absolute", error);
      expect(error).toBeLessThan(slack * stored.tolerance.scores_abs);
    });

    test.runIf(here)("chosen neurons and changed rows", async () => {
      const own = result.edit.updates.flatMap((update) => {
        if (update.kind !== "lowRank") throw new Error("KN's updates have rank one");
        const layer = Number(update.weight.split(".")[1]);
        return [...update.v.entries()].filter(([, one]) => one === 1).map(([i]) => [layer, i]);
      });
      expect(own).toEqual(stored.neurons);
      const change = Float64Array.from(result.intermediates.find(({ name }) => name === "change")!.values);
      const rows = await tensor(`delta_rows_${stored.neurons[0]![0]}`);
      for (let row = 0; row < rows.shape[0]!; row++) {
        const truth = rows.values.slice(row * change.length, (row + 1) * change.length);
        const error = relativeDifference(change, truth);
        record("KN", caseName, "changed rows", error);
        expect(error).toBeLessThan(slack * stored.tolerance.delta_rows_rel);
      }
    });

    test.runIf(here)("probability afterwards", async () => {
      const stack = new EditStack(model.weights, model.hash);
      await stack.add(result.edit);
      const [score] = await scoreAnswers(model, [{ prompt: stored.prompt, answer: stored.target }]);
      await stack.clear();
      expect(stack.state.weightHash).toBe(model.hash);
      expect(stored.argmax_after.startsWith(score!.best)).toBe(true);
      // The peer scores a second target token after its own greedy token: only that token is compared then.
      if (stored.target_ids.length > 1) return;
      const error = Math.abs(score!.p - stored.target_prob_after);
      record("KN", caseName, "p(new) after, absolute", error);
      expect(error).toBeLessThan(slack * stored.tolerance.prob_abs);
    });
  });
}
