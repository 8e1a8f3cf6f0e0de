/** The road of an edit: compute, stack, probe, undo, save, open; with the promises of architecture.md section 4. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { pairProbes, probeSides, scoreAnswers, type AnswerQuestion } from "../../evaluation/probes";
import { readLinear } from "../../gpu/weights";
import { memory } from "../../gpu/tensor";
import { dot, norm, relativeDifference } from "../../linalg/norms";
import { AppError } from "../../lib/errors";
import { loadFixture, type ReadFixture } from "../../model/testing/openFixture";
import type { Model } from "../../model/model";
import { computeEdit } from "../computeEdit";
import { editFileModel, readEditFile, writeEditFile } from "../editFile";
import { locateFactToken } from "../factToken";
import { collectKeys } from "../keys";
import { EditStack, type ComputedEdit } from "../stack";
import { readStatistics } from "../statisticsFile";
import { openRomeCase, ROME_CASES, type RomeCase, type StoredProbe } from "./romeCases";

const NO_PROGRESS = { signal: new AbortController().signal, onProgress: () => undefined };

export function describeStack(name: string, { read, slack }: { read: ReadFixture; slack: number }): void {
  describe(`${name}: the stack`, () => {
    let model: Model;
    let stack: EditStack;
    const edits = new Map<string, ComputedEdit>();
    const cases = new Map<string, RomeCase>();

    beforeAll(async () => {
      model = await loadFixture(read, name);
      stack = new EditStack(model.weights, model.hash);
      for (const caseName of ROME_CASES) {
        const stored = await openRomeCase(read, name, caseName);
        cases.set(caseName, stored);
        edits.set(caseName, await compute(model, read, name, stored));
      }
    });
    afterAll(async () => {
      await stack.clear();
      model.dispose();
    });

    const weight = () => readLinear(model.weights.matrix("blocks.1.mlpOut"));
    const edit = (caseName: string): ComputedEdit => edits.get(caseName)!;

    test.each(ROME_CASES)("%s: probabilities before and after are the published code's", async (caseName) => {
      const stored = cases.get(caseName)!;
      await expectProbes(model, stored, stored.before, stored.tolerance.probability_abs * slack);
      const id = await stack.add(edit(caseName));
      await expectProbes(model, stored, stored.after, stored.tolerance.probability_abs * slack);
      const [summary] = stack.state.edits[0]!.updates;
      expect(summary!.norm).toBeCloseTo(stored.delta_w_norm, 1);
      expect(summary!.relativeNorm).toBeCloseTo(stored.delta_w_norm / stored.weight_norm, 2);
      await stack.remove(id);
    });

    test("W' k₀ = v* and the change has rank one", async () => {
      const base = await weight();
      const { editRequest: request, contexts } = cases.get("rome_1_mom2")!;
      const text = locateFactToken(
        model.tokenizer,
        contexts[0]!,
        request.prompt,
        request.subject,
        "subject_last",
      );
      const [before] = await collectKeys(model, 1, [text]);
      const id = await stack.add(edit("rome_1_mom2"));
      const [after] = await collectKeys(model, 1, [text]);
      const [target] = await Promise.all([cases.get("rome_1_mom2")!.tensor("v_star")]);
      expect(relativeDifference(after!.key, before!.key)).toBe(0);
      expect(relativeDifference(after!.output, target.values)).toBeLessThan(5e-3 * slack);
      const change = Float64Array.from(await weight(), (value, at) => value - base[at]!);
      expect(secondSingularShare(change, model.config.residualWidth)).toBeLessThan(1e-5);
      await stack.remove(id);
    });

    test("switching off, on, and removing give back the same bits and hashes", async () => {
      const base = await weight();
      const first = await stack.add(edit("rome_1_mom2"));
      const oneOn = { weight: await weight(), hash: stack.state.weightHash };
      const second = await stack.add(edit("rome_2_mom2"));
      const bothOn = { weight: await weight(), hash: stack.state.weightHash };
      expect(stack.state.line).toBe("base + 2 edits");
      expect(stack.state.edits.map(({ base: { below } }) => below)).toEqual([0, 1]);
      expect(sameBits(bothOn.weight, oneOn.weight)).toBe(false);
      expect(new Set([model.hash, oneOn.hash, bothOn.hash]).size).toBe(3);

      await stack.setEnabled(first, false);
      expect(stack.state.edits.map(({ onOtherBase }) => onOtherBase)).toEqual([false, true]);
      await stack.setEnabled(first, true);
      expect(stack.state.edits.map(({ onOtherBase }) => onOtherBase)).toEqual([false, false]);
      expect(sameBits(await weight(), bothOn.weight)).toBe(true);
      expect(stack.state.weightHash).toBe(bothOn.hash);

      await stack.remove(second);
      expect(sameBits(await weight(), oneOn.weight)).toBe(true);
      await stack.setEnabled(first, false);
      expect(stack.state).toMatchObject({ line: "base model", weightHash: model.hash });
      expect(sameBits(await weight(), base)).toBe(true);
      expect(sameBits(await weight(), await model.weights.readBase("blocks.1.mlpOut"))).toBe(true);
      await stack.remove(first);
    });

    test("an edit on top is added to what is there, with the bits of a stack made anew", async () => {
      const readBase = vi.spyOn(model.weights, "readBase");
      const names = ROME_CASES.slice(0, 4);
      for (const caseName of names) await stack.add(edit(caseName));
      // Once to build on and once per summary; nothing below the newest edit is computed again.
      expect(readBase.mock.calls.length).toBeLessThanOrEqual(1 + names.length);
      readBase.mockRestore();
      const grown = { hash: stack.state.weightHash, values: Array.from(await weight()) };
      const anew = stack.edits;
      await stack.clear();
      await stack.goBackTo(anew);
      expect(stack.state.weightHash).toBe(grown.hash);
      expect(Array.from(await weight())).toEqual(grown.values);
      // Below the top the rest is computed again, and once more to the same bits.
      await stack.setEnabled(anew[1]!.id, false);
      expect(stack.state.weightHash).not.toBe(grown.hash);
      await stack.setEnabled(anew[1]!.id, true);
      expect(stack.state.weightHash).toBe(grown.hash);
      expect(Array.from(await weight())).toEqual(grown.values);
      await stack.clear();
      expect(stack.state.weightHash).toBe(model.hash);
    });

    test("order, names and unknown ids", async () => {
      const first = await stack.add(edit("rome_1_mom2"));
      const second = await stack.add(edit("rome_2_mom2"));
      await stack.rename(second, "North");
      await stack.move(second, 0);
      expect(stack.state.edits.map(({ id, name }) => [id, name])).toEqual([
        [second, "North"],
        [first, edit("rome_1_mom2").name],
      ]);
      expect(stack.state.edits.map(({ onOtherBase }) => onOtherBase)).toEqual([true, true]);
      await expect(stack.remove("edit-999")).rejects.toMatchObject({ code: "bad-request" });
      await stack.clear();
      expect(stack.state).toMatchObject({ edits: [], line: "base model" });
    });

    test("an edit computed again stands on the edits below it", async () => {
      const stored = cases.get("rome_1_mom2")!;
      const first = await stack.add(edit("rome_2_mom2"));
      const second = await stack.add(edit("rome_1_mom2"));
      await stack.setEnabled(first, false);
      const before = stack.state.weightHash;
      await expect(
        stack.recompute(second, () => Promise.reject(new AppError("cancelled", "stopped"))),
      ).rejects.toThrow();
      expect(stack.state).toMatchObject({ weightHash: before, line: "base + 1 edit" });
      let hashInside = "";
      await stack.recompute(second, async () => {
        hashInside = stack.state.weightHash;
        return compute(model, read, name, stored);
      });
      expect(hashInside).toBe(model.hash);
      expect(stack.state.edits.map(({ id, onOtherBase }) => [id, onOtherBase])).toEqual([
        [first, false],
        [second, false],
      ]);
      await stack.clear();
    });

    test("a saved stack opens to the same bytes, weights and states", async () => {
      await stack.add(edit("rome_1_mom2"));
      const off = await stack.add(edit("rome_2_mom2"));
      await stack.setEnabled(off, false);
      const { weightHash, edits: summaries } = stack.state;
      const identity = editFileModel(model, `embedded:${name}`);
      const bytes = writeEditFile(stack.edits, identity);
      await stack.clear();
      const options = {
        fileName: "a.palimpsest",
        model: identity,
        weights: model.weights,
        acceptOtherRevision: false,
      };
      await stack.replaceAll(await readEditFile(bytes, options));
      expect(stack.state.weightHash).toBe(weightHash);
      expect(stack.state.edits.map((one) => ({ ...one, id: "" }))).toEqual(
        summaries.map((one) => ({ ...one, id: "" })),
      );
      await stack.clear();
    });

    test("a request's probes: its own prompt, paraphrases, neighbours, before and after", async () => {
      const { editRequest: request } = cases.get("rome_1_mom2")!;
      const before = await probeSides(model, request);
      await stack.add(edit("rome_1_mom2"));
      const probes = pairProbes(before, await probeSides(model, request));
      expect(probes.map(({ kind }) => kind[0]).join("")).toBe("rpppnnnnn");
      expect(probes[0]!.prompt).toBe("The maker of Airbus A380 is");
      expect(probes.map(({ target }) => target)).toContain("Honda");
      expect(probes[0]!.before).toMatchObject({ newIsGreedy: false, best: " Airbus" });
      expect(probes[0]!.after).toMatchObject({ newIsGreedy: true, best: " Toyota" });
      expect(probes[0]!.after.pNew).toBeGreaterThan(0.9);
      const unknown = await probeSides(model, {
        ...request,
        neighbours: [{ prompt: "Paris is in" }],
        targetTrue: "Rome",
      });
      expect(unknown.at(-1)).toMatchObject({ kind: "neighbourhood", target: "Rome" });
      await stack.clear();
    });

    test("fifty edits and undos leave the memory as it was", async () => {
      const before = memory();
      for (let cycle = 0; cycle < 50; cycle++) {
        await stack.remove(await stack.add(edit(ROME_CASES[cycle % ROME_CASES.length]!)));
      }
      const stored = cases.get("rome_1_slow")!;
      await stack.remove(await stack.add(await compute(model, read, name, stored)));
      expect(memory()).toEqual(before);
    });

    test("a cancelled edit leaves no tensor and changes nothing", async () => {
      const stored = cases.get("rome_1_slow")!;
      const before = memory();
      const controller = new AbortController();
      const onProgress = ({ done }: { done: number }) => void (done === 2 && controller.abort());
      const running = compute(model, read, name, stored, { signal: controller.signal, onProgress });
      await expect(running).rejects.toMatchObject({ code: "cancelled" });
      expect(memory()).toEqual(before);
    });
  });
}

/** Compared as numbers, so that a failure prints one word and not 36,864 numbers. */
function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [left, right] = [new Uint32Array(a.buffer), new Uint32Array(b.buffer)];
  return left.length === right.length && left.every((bits, at) => bits === right[at]);
}

/** As the lab does it: settings by their published names, statistics from a file, contexts given. */
async function compute(
  model: Model,
  read: ReadFixture,
  name: string,
  { editRequest, settings, contexts }: RomeCase,
  context: { signal: AbortSignal; onProgress: (progress: { done: number }) => void } = NO_PROGRESS,
): Promise<ComputedEdit> {
  const statistics = await readStatistics(
    await read(`editing/${name}/second_moments/tensors.safetensors`),
    "C",
    model,
  );
  const call = { method: "ROME" as const, requests: [editRequest], settings, seed: 1 };
  const { edit, intermediates } = await computeEdit(model, call, { ...context, contexts, statistics });
  const direction = intermediates.find((tensor) => tensor.name === "u")!.values;
  expect(norm(Float64Array.from(direction))).toBeCloseTo(1, 5);
  return edit;
}

async function expectProbes(
  model: Model,
  stored: RomeCase,
  expected: readonly StoredProbe[],
  bound: number,
): Promise<void> {
  const { request } = stored;
  const trueAnswers = [
    ...Array.from({ length: 1 + request.paraphrase_prompts.length }, () => request.target_true),
  ];
  trueAnswers.push(...request.neighborhood.map(({ target }) => target));
  const ask = (answers: readonly string[]): AnswerQuestion[] =>
    expected.map(({ prompt }, index) => ({ prompt, answer: answers[index]! }));
  const forNew = await scoreAnswers(model, ask(expected.map(() => request.target_new)));
  const forTrue = await scoreAnswers(model, ask(trueAnswers));
  expected.forEach((probe, index) => {
    expect(Math.abs(forNew[index]!.p - probe.p_target_new)).toBeLessThan(bound);
    expect(Math.abs(forNew[index]!.pFirst - probe.p_target_new_first)).toBeLessThan(bound);
    expect(forNew[index]!.greedy).toBe(probe.new_is_greedy);
    expect(Math.abs(forTrue[index]!.p - probe.p_target_true)).toBeLessThan(bound);
  });
}

/** Frobenius norm of what is left of [rows, d] beside its best rank-one part, relative to the whole. */
function secondSingularShare(matrix: Float64Array, columns: number): number {
  const rows = matrix.length / columns;
  let right: Float64Array = new Float64Array(columns).fill(1);
  let left = new Float64Array(rows);
  for (let step = 0; step < 20; step++) {
    left = Float64Array.from({ length: rows }, (_, i) =>
      dot(matrix.subarray(i * columns, (i + 1) * columns), right),
    );
    const sum = new Float64Array(columns);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) sum[j]! += matrix[i * columns + j]! * left[i]!;
    const length = norm(sum);
    right = sum.map((value) => value / length);
  }
  left = Float64Array.from({ length: rows }, (_, i) =>
    dot(matrix.subarray(i * columns, (i + 1) * columns), right),
  );
  const rest = matrix.map((value, at) => value - left[Math.floor(at / columns)]! * right[at % columns]!);
  return norm(rest) / norm(matrix);
}
