/**
 * GRACE's whole sequences against EasyEdit's own, for any backend: queries, decisions, radii, losses, values, and what the
 * probes then say. `labelTest: published` gives the published bugs too: of a prompt taught twice both entries die.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Codebook } from "../../domain/edit";
import { dispose, memory, read as readTensor } from "../../gpu/tensor";
import { joined } from "../../lib/joined";
import { relativeDifference } from "../../linalg/norms";
import { forward, oneRow } from "../../model/forward";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { distancesTo } from "../codebook";
import { writeEntry } from "../methods/grace";
import { EditStack } from "../stack";
import type { Comparison } from "./comparison";
import { storedRuns, type StoredTensors } from "./storedRuns";

type StoredEdit = {
  prompt: string;
  target: string;
  losses: number[];
  chosen_entry: number;
  entries_after: number;
  epsilons_after: number[];
  distances_to_old_keys?: number[];
};
type GraceCase = {
  model: string;
  config: { edit_lr: number; n_iter: number; eps: number };
  edits: StoredEdit[];
  probes: { prompt: string; input_ids: number[]; generated_ids: number[] }[];
  tolerance: {
    query_rel: number;
    distance_abs: number;
    losses_first_five_rel: number;
    losses_rel: number;
    values_rel: number;
  };
};

export async function greedyIds(model: Model, ids: readonly number[], count: number): Promise<number[]> {
  const all = [...ids];
  for (let step = 0; step < count; step++) {
    const { residual, logits } = forward(model, oneRow(all));
    const values = await readTensor(logits!);
    dispose(residual, logits);
    all.push(values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity)));
  }
  return all.slice(ids.length);
}

export function describeGrace(cases: readonly string[], { read, has, slack, record }: Comparison): void {
  const { readJson, tensorsOf } = storedRuns(read);

  describe.each(cases)("%s", (caseName) => {
    const here = has(`methods/${caseName}/case.json`);
    let model: Model;
    let stored: GraceCase;
    let tensor: StoredTensors;
    beforeAll(async () => {
      if (!here) return;
      stored = await readJson<GraceCase>(`methods/${caseName}/case.json`);
      tensor = await tensorsOf(`methods/${caseName}/tensors.safetensors`);
      model = await loadFixture(read, stored.model);
    });
    afterAll(() => (here ? model.dispose() : undefined));

    test.runIf(here)("every edit, and the probes afterwards", async () => {
      let book: Codebook | undefined;
      for (const [at, edit] of stored.edits.entries()) book = await expectEntry(book, edit, at);
      const before = memory();
      const stack = new EditStack(model.weights, model.hash);
      await stack.add({
        name: "grace", method: "GRACE", settings: {}, requests: [], updates: [], losses: [], seed: 1,
        statisticsHash: "", contexts: ["{}"], created: "", codebook: book!,
      }); // prettier-ignore
      for (const { prompt, input_ids, generated_ids } of stored.probes) {
        expect(await greedyIds(model, input_ids, generated_ids.length), prompt).toEqual(generated_ids);
      }
      expect(stack.state.weightHash).not.toBe(model.hash);
      await stack.clear();
      expect(stack.state.weightHash).toBe(model.hash);
      expect(memory()).toEqual(before);
    });

    /** One edit on the entries before it; what the book is then. */
    async function expectEntry(book: Codebook | undefined, edit: StoredEdit, at: number): Promise<Codebook> {
      const { tolerance, config } = stored;
      const where = `${caseName} edit ${at}`;
      const settings = {
        layer: 4, matrix: "mlpIn", radius: config.eps, learningRate: config.edit_lr, steps: config.n_iter,
        start: "random", labelTest: "published", comparedToken: "every",
      } as const; // prettier-ignore
      const request = { prompt: "{}", subject: edit.prompt, targetNew: edit.target, paraphrases: [], neighbours: [] }; // prettier-ignore
      const first = Float32Array.from((await tensor(`value_init_${at}`)).values);
      const context = { report: () => undefined };
      const result = await writeEntry(model, request, book, settings, () => first, context);
      const query = Float32Array.from(result.intermediates[0]!.values);
      const queryError = relativeDifference(query, (await tensor(`query_${at}`)).values);
      record("GRACE", where, "query", queryError);
      expect(queryError).toBeLessThan(slack * tolerance.query_rel);
      const distances = book ? distancesTo(book, query) : [];
      distances.forEach((distance, j) =>
        expect(Math.abs(distance - edit.distances_to_old_keys![j]!)).toBeLessThan(slack * tolerance.distance_abs),
      ); // prettier-ignore
      const { entries } = result.codebook!;
      expect(result.placement.entry).toBe(edit.chosen_entry);
      expect(entries).toHaveLength(edit.entries_after);
      entries.forEach(({ radius }, j) =>
        expect(Math.abs(radius - edit.epsilons_after[j]!)).toBeLessThan(slack * 5e-4),
      );
      const own = result.losses[0]!.map(({ total }) => total);
      expect(own).toHaveLength(edit.losses.length);
      const errors = own.map((value, step) => Math.abs(value - edit.losses[step]!) / edit.losses[step]!);
      record("GRACE", where, "losses, relative", Math.max(...errors));
      errors.forEach((error, step) =>
        expect(error).toBeLessThan(
          slack * (step < 5 ? tolerance.losses_first_five_rel : tolerance.losses_rel),
        ),
      );
      const values = joined(entries.map(({ value }) => value));
      const valueError = relativeDifference(values, (await tensor(`values_after_${at}`)).values);
      record("GRACE", where, "values", valueError);
      expect(valueError).toBeLessThan(slack * tolerance.values_rel);
      return result.codebook!;
    }
  });
}
