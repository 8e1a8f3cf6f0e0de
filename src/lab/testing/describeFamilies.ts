/**
 * Every family from every source on the backend that the caller has started, and on each a trace and a ROME edit against
 * numbers from PyTorch (scripts/references/families.py). The errors go into the report as `meta.family`, from which
 * scripts/familyTable.mjs makes docs/families.md.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectKeys, meanKey } from "../../editing/keys";
import { optimiseTarget, type TargetSettings } from "../../editing/targets";
import { targetRows } from "../../editing/targetRows";
import { rankOneUpdate } from "../../editing/updateRules";
import { denseChange, rankOneFactors } from "../../editing/weightUpdates";
import { dispose, memory, read as readTensor } from "../../gpu/tensor";
import { createLinear } from "../../gpu/weights";
import { memorySource } from "../../loading/byteSource/memorySource";
import type { Checkpoint } from "../../loading/checkpoint";
import { openSafetensors } from "../../loading/safetensors/safetensorsTensors";
import { parseModelConfig } from "../../model/config";
import { forward, oneRow } from "../../model/forward";
import { loadModel, type Model } from "../../model/model";
import {
  openExpected,
  openFixtureCheckpoint,
  readNumbers,
  relativeError,
} from "../../model/testing/openFixture";
import type { ReadFixture } from "../../model/testing/openFixture";
import { openTokenizer } from "../../model/tokenizer/openTokenizer";
import { matrixName } from "../../model/weightNames";
import { trace } from "../../tracing/trace";
import type { TraceKind } from "../../domain/trace";
import { FAMILY_SOURCES, type FamilySource } from "./familySources";

declare module "vitest" {
  interface TaskMeta {
    /** A cell of the table of families: which, and the error found there. */
    family?: { family: string; column: string; backend: string; error: number };
  }
}

type Located = { ids: number[]; lookup: number };
type Document = {
  ids: number[];
  subject: [number, number];
  window: number;
  trace: { answer: number; clean: number; corrupted: number };
  rome: { layer: number; rows: Located[]; essence: Located; answer: number[]; settings: TargetSettings };
};
type Reference = Document & { numbers(name: string): Promise<Float32Array> };

type FamilyOptions = {
  read: ReadFixture;
  backend: string;
  /** Largest error of logits, probabilities and losses that passes; relative errors of v* and ΔW may be ten times it. */
  bound: number;
  /** Further sources, for where there is a network of one's own. */
  sources?: readonly FamilySource[];
};

async function openReference(read: ReadFixture, family: string): Promise<Reference> {
  const json = new TextDecoder().decode(await read(`families/${family}.json`));
  const bytes = await read(`families/${family}.safetensors`);
  const { tensors } = await openSafetensors(memorySource("families", bytes));
  return {
    ...(JSON.parse(json) as Document),
    numbers: async (name) => (await readNumbers(tensors, name)).values,
  };
}

/** Converted GGUF files bring no tokenizer; the folder's serves all sources alike. */
async function load(read: ReadFixture, family: string, checkpoint: Checkpoint): Promise<Model> {
  const tokenizer = openTokenizer(await openFixtureCheckpoint(read, family));
  return loadModel(checkpoint, tokenizer, parseModelConfig(checkpoint.config));
}

async function allLogits(model: Model, ids: readonly number[]): Promise<Float32Array> {
  const { logits, residual } = forward(model, oneRow(Int32Array.from(ids)), { logitsAt: "all" });
  const values = await readTensor(logits!);
  dispose(logits, residual);
  return values;
}

async function expectedLogits(
  read: ReadFixture,
  family: string,
  reference: Reference,
  { stored, gguf }: { stored?: string; gguf?: string },
): Promise<Float32Array> {
  if (stored) return reference.numbers(stored);
  if (gguf === undefined) return (await (await openExpected(read, family)).tensor("p0.logits")).values;
  const { tensors } = await openSafetensors(memorySource("gguf", await read("gguf/expected.safetensors")));
  return (await readNumbers(tensors, `${gguf}.p0.logits`)).values;
}

/** Largest difference of any cell of the three heatmaps, and of the clean and corrupted probabilities. */
async function traceError(model: Model, reference: Reference): Promise<number> {
  const { ids, subject, window } = reference;
  const prompt = model.tokenizer.decode(ids, { skipSpecials: true }).trimStart();
  const { tokens } = model.tokenizer.encode(prompt);
  expect(tokens.map(({ id }) => id)).toEqual(ids);
  const span = { start: tokens[subject[0]]!.start, end: tokens[subject[1] - 1]!.end };
  const noiseValues = Float32Array.from(await reference.numbers("noise"));
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  let worst = 0;
  for (const kind of ["state", "mlp", "attention"] as const satisfies readonly TraceKind[]) {
    const request = {
      prompt,
      subject: span,
      kind,
      window,
      samples: 3,
      noise: "3sigma",
      noiseValues,
      seed: 1,
    } as const;
    const result = await trace(model, { ...request, severedNoise: "published", naive: false }, [], context);
    expect([result.subject.start, result.subject.end, result.answer.id]).toEqual([
      ...subject,
      reference.trace.answer,
    ]);
    const found = [result.clean, result.corrupted, ...result.scores.flat()];
    const expected = [
      reference.trace.clean,
      reference.trace.corrupted,
      ...(await reference.numbers(`trace.${kind}`)),
    ];
    expect(found).toHaveLength(expected.length);
    worst = Math.max(worst, ...found.map((value, at) => Math.abs(value - expected[at]!)));
  }
  return worst;
}

const located = ({ ids, lookup }: Located) => ({ text: "", ids: Int32Array.from(ids), lookup });

/** Losses of every pass, v*, u, Λ, and the logits after the edit; each by the fixtures' measure. */
async function romeError(model: Model, reference: Reference): Promise<{ losses: number; edit: number }> {
  const { layer, rows, essence, answer, settings } = reference.rome;
  const texts = rows.map(located);
  const batch = targetRows(texts, Int32Array.from(answer), located(essence));
  const optimised = await optimiseTarget(model, batch, { layer, kind: "mlpRaw" }, settings);
  const expectedLosses = await reference.numbers("rome.losses");
  const found = optimised.steps.flatMap(({ total, nll, kl, decay }) => [total, nll, kl, decay]);
  const losses = relativeError(Float32Array.from(found), expectedLosses);

  const pairs = await collectKeys(model, layer, texts);
  const { target } = optimised;
  const update = rankOneUpdate({ bare: pairs[0]!, mean: meanKey(pairs), target, choice: "published" });
  const { direction, value } = update;
  const close = async (values: Float64Array, name: string): Promise<number> =>
    relativeError(Float32Array.from(values), await reference.numbers(`rome.${name}`));
  const errors = [await close(target, "target"), await close(direction, "u"), await close(value, "v")];

  const name = matrixName(layer, "mlpOut");
  const change = denseChange(rankOneFactors(name, value, direction));
  const weights = await model.weights.readBase(name);
  const { inFeatures, outFeatures } = model.weights.matrix(name);
  // `readBase` gives [in, out], a change is [out, in].
  for (let row = 0; row < inFeatures; row++)
    for (let column = 0; column < outFeatures; column++)
      weights[row * outFeatures + column]! += change[column * inFeatures + row]!;
  const edited = createLinear(weights, inFeatures, outFeatures);
  model.weights.override(name, edited);
  errors.push(
    relativeError(await allLogits(model, rows[0]!.ids), await reference.numbers("rome.edited.logits")),
  );
  model.weights.override(name, undefined);
  edited.dispose();
  return { losses, edit: Math.max(...errors) };
}

/** One block of tests per family; call after the backend has been started in a `beforeAll` of the file. */
export function describeFamily(family: string, options: FamilyOptions): void {
  const { read, backend, bound, sources = [] } = options;
  describe(family, () => {
    let reference: Reference;
    let model: Model;
    beforeAll(async () => {
      reference = await openReference(read, family);
      model = await load(read, family, await openFixtureCheckpoint(read, family));
    });
    afterAll(() => model.dispose());

    for (const { name, open } of [...FAMILY_SOURCES, ...sources]) {
      test(`logits from ${name}`, async ({ task, skip }) => {
        const opened = await open(read, family);
        if (opened === undefined) return skip("no such file for this family");
        const loaded = await load(read, family, opened.checkpoint);
        const logits = await allLogits(loaded, reference.ids);
        loaded.dispose();
        const error = relativeError(logits, await expectedLogits(read, family, reference, opened));
        task.meta.family = { family, column: name, backend, error };
        expect(error).toBeLessThanOrEqual(bound);
      });
    }

    test("a trace of states, MLPs and attention", async ({ task }) => {
      const before = memory().tensors;
      const error = await traceError(model, reference);
      task.meta.family = { family, column: "trace", backend, error };
      expect(error).toBeLessThanOrEqual(bound);
      // Rotary tables grow with the longest prompt and stay.
      expect(memory().tensors - before).toBeLessThanOrEqual(4);
    });

    test("ROME, from the losses to the edited model", async ({ task }) => {
      const { losses, edit } = await romeError(model, reference);
      task.meta.family = { family, column: "ROME", backend, error: Math.max(losses, edit) };
      expect(losses).toBeLessThanOrEqual(bound);
      expect(edit).toBeLessThanOrEqual(10 * bound);
    });
  });
}
