/** The edit stack over weights kept in fewer bits: exact, and undone to the bit, on whatever backend is started. */
import { describe, expect, test } from "vitest";
import type { Precision } from "../../domain/model";
import { readLinear } from "../../gpu/weights";
import { memory } from "../../gpu/tensor";
import { relativeDifference } from "../../linalg/norms";
import { loadFixture, type ReadFixture } from "../../model/testing/openFixture";
import { logitsOf } from "../../model/testing/precisionErrors";
import type { Model } from "../../model/model";
import { computeEdit } from "../computeEdit";
import { editFileModel, readEditFile, writeEditFile } from "../editFile";
import { locateFactToken } from "../factToken";
import { collectKeys } from "../keys";
import { EditStack, type ComputedEdit } from "../stack";
import { readStatistics } from "../statisticsFile";
import { addUpdate } from "../weightUpdates";
import { openRomeCase, type RomeCase } from "./romeCases";

const MODEL = "tiny-facts2-gpt2";
const CASE = "rome_1_mom2";
const MATRIX = "blocks.1.mlpOut";
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

async function compute(
  model: Model,
  read: ReadFixture,
  { editRequest, settings, contexts }: RomeCase,
): Promise<ComputedEdit> {
  const bytes = await read(`editing/${MODEL}/second_moments/tensors.safetensors`);
  const statistics = await readStatistics(bytes, "C", model);
  const call = { method: "ROME" as const, requests: [editRequest], settings, seed: 1 };
  return (await computeEdit(model, call, { ...QUIET, contexts, statistics })).edit;
}

const bits = (values: Float32Array): string => new Uint32Array(values.buffer).join();

export function describePackedStack(read: ReadFixture): void {
  describe.each(["float16", "int8"] as const)("edits over weights in %s", (precision) => {
    test("write v* exactly, keep the rest packed, and are undone to the bit", async () => {
      const before = memory().tensors;
      const model = await loadFixture(read, MODEL, { precision });
      const stack = new EditStack(model.weights, model.baseHash);
      const stored = await openRomeCase(read, MODEL, CASE);
      const { editRequest: request, contexts } = stored;
      const ids = model.tokenizer.encode("The maker of Airbus A380 is").ids;
      const base = {
        weight: bits(await model.weights.readBase(MATRIX)),
        logits: bits(await logitsOf(model, ids)),
      };

      const edit = await compute(model, read, stored);
      const asked = [contexts[0]!, request.prompt, request.subject, "subject_last"] as const;
      const text = locateFactToken(model.tokenizer, ...asked);
      const [plain] = await collectKeys(model, 1, [text]);
      const id = await stack.add(edit);
      // What is in use is the decoded base plus the change in float32, not rounded again.
      const expected = await model.weights.readBase(MATRIX);
      for (const update of edit.updates) addUpdate(expected, update);
      expect(bits(await readLinear(model.weights.matrix(MATRIX)))).toBe(bits(expected));
      const layouts = model.weights.matrixNames.map((name) => model.weights.matrix(name).layout);
      expect(layouts.filter((layout) => layout === "panels8")).toHaveLength(1);
      const [edited] = await collectKeys(model, 1, [text]);
      const wanted = Float64Array.from(plain!.output, (value, at) => value + changeOf(edit, plain!.key, at));
      expect(relativeDifference(edited!.output, wanted)).toBeLessThan(1e-4);
      const withEdit = { hash: stack.state.weightHash, logits: bits(await logitsOf(model, ids)) };
      expect(withEdit.logits).not.toBe(base.logits);

      await stack.setEnabled(id, false);
      expect(stack.state.weightHash).toBe(model.baseHash);
      expect(bits(await logitsOf(model, ids))).toBe(base.logits);
      await stack.setEnabled(id, true);
      expect({ hash: stack.state.weightHash, logits: bits(await logitsOf(model, ids)) }).toEqual(withEdit);
      await stack.remove(id);
      expect(bits(await model.weights.readBase(MATRIX))).toBe(base.weight);
      expect(bits(await logitsOf(model, ids))).toBe(base.logits);
      model.dispose();
      expect(memory().tensors).toBe(before);
    });
  });

  test("an edit made in float32 opens in int8, and says that it was made on other weights", async () => {
    const whole = await openWith(read, "float32");
    await whole.stack.add(await compute(whole.model, read, await openRomeCase(read, MODEL, CASE)));
    const identity = editFileModel(whole.model, `embedded:${MODEL}`);
    const bytes = writeEditFile(whole.stack.edits, identity);
    const hashes = [whole.stack.state.weightHash];
    await whole.close();
    const packed = await openWith(read, "int8");
    const { weights } = packed.model;
    const options = { fileName: "a.palimpsest", model: editFileModel(packed.model, identity.ref), weights };
    await packed.stack.replaceAll(await readEditFile(bytes, { ...options, acceptOtherRevision: false }));
    expect(packed.stack.state.edits).toMatchObject([{ enabled: true, onOtherBase: true }]);
    hashes.push(packed.stack.state.weightHash, packed.model.baseHash, packed.model.hash);
    expect(new Set(hashes).size).toBe(4);
    await packed.close();
  });
}

type Opened = { model: Model; stack: EditStack; close(): Promise<void> };

async function openWith(read: ReadFixture, precision: Precision): Promise<Opened> {
  const model = await loadFixture(read, MODEL, { precision });
  const stack = new EditStack(model.weights, model.baseHash);
  return {
    model,
    stack,
    close: async () => {
      await stack.clear();
      model.dispose();
    },
  };
}

/** Entry `at` of ΔW k. */
function changeOf({ updates }: ComputedEdit, key: Float64Array, at: number): number {
  let sum = 0;
  for (const update of updates) {
    const matrix = new Float32Array(update.in * update.out);
    addUpdate(matrix, update);
    key.forEach((value, i) => (sum += value * matrix[i * update.out + at]!));
  }
  return sum;
}
