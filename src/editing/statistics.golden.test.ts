/** Second moments from each model's own corpus against the stored ones; statistics files; sampled contexts. */
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture as read } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { dot, norm, relativeDifference } from "../linalg/norms";
import { solveFactored } from "../linalg/triangular";
import { memorySource } from "../loading/byteSource/memorySource";
import { encodeSafetensors, type EncodedTensor } from "../loading/safetensors/encodeSafetensors";
import { readSafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import { writeSafetensors } from "../loading/safetensors/writeSafetensors";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { checkContexts, sampleContexts } from "./contexts";
import {
  collectStatistics,
  describeStatistics,
  factorStatistics,
  hashMoment,
  type Statistics,
} from "./statistics";
import { readStatistics, writePackedStatistics, writeStatistics } from "./statisticsFile";
import { ROME_MODELS } from "./testing/romeCases";

const root = resolve(import.meta.dirname, "../..");
const unit = (x: Float64Array): Float64Array => x.map((value) => value / norm(x));
const SIGNAL = { signal: new AbortController().signal, onProgress: () => undefined };

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

describe.each(ROME_MODELS)("%s", (name) => {
  let model: Model;
  let statistics: Statistics;
  let stored: Statistics;
  beforeAll(async () => {
    model = await loadFixture(read, name);
    // Both models were trained on the same sentences.
    const corpus = new TextDecoder().decode(await read("models/tiny-facts2-gpt2/corpus.txt"));
    const texts = corpus.split("\n").filter((line) => line !== "");
    // The first pass builds the model's rotary tables, which stay.
    await collectStatistics(model, { layers: [0], texts: ["A"] }, SIGNAL);
    const before = memory();
    statistics = await collectStatistics(model, { layers: [0, 1, 2], texts }, SIGNAL);
    expect(memory()).toEqual(before);
    stored = await readStatistics(
      await read(`editing/${name}/second_moments/tensors.safetensors`),
      "C",
      model,
    );
  });
  afterAll(() => model.dispose());

  test.each([0, 1, 2])("C of layer %i is the stored one", async (layer) => {
    const own = statistics.layers.get(layer)!;
    const { tokens, eigenvalues } = JSON.parse(
      new TextDecoder().decode(await read(`editing/${name}/second_moments/case.json`)),
    ) as { tokens: number; eigenvalues: Record<number, { min: number; max: number }> };
    expect(own.tokens).toBe(tokens);
    expect(relativeDifference(own.values, stored.layers.get(layer)!.values)).toBeLessThan(1e-5);
    const { condition, ridge } = (await describeStatistics(statistics))[layer]!;
    const truth = eigenvalues[layer]!.max / eigenvalues[layer]!.min;
    expect(ridge).toBe(0);
    expect(condition).toBeGreaterThan(0.8 * truth);
    expect(condition).toBeLessThan(1.01 * truth);
  });

  test("the convergence line falls and ends at the last token", () => {
    const line = statistics.layers.get(1)!.convergence;
    expect(line.length).toBeGreaterThan(4);
    expect(line.at(-1)!.tokens).toBe(statistics.layers.get(1)!.tokens);
    expect(line.at(-1)!.change).toBeLessThan(line[0]!.change);
  });

  test("a statistics file keeps everything, and knows its model", async () => {
    const bytes = writeStatistics(statistics);
    const again = await readStatistics(bytes, "s.safetensors", model);
    expect(again).toMatchObject({ modelHash: model.hash, textHash: statistics.textHash });
    expect(relativeDifference(again.layers.get(2)!.values, statistics.layers.get(2)!.values)).toBeLessThan(
      1e-7,
    );
    expect(again.layers.get(2)!.convergence).toEqual(statistics.layers.get(2)!.convergence);
    const other = { config: model.config, hash: "0".repeat(64), baseHash: "1".repeat(64) };
    await expect(readStatistics(bytes, "s.safetensors", other)).rejects.toMatchObject({
      code: "wrong-model",
    });
  });

  test("in half precision: C within 2e-3, and the edit's direction as good as the key's condition allows", async () => {
    const bytes = await writePackedStatistics(statistics, 1);
    const { mlpWidth } = model.config;
    expect(bytes.length).toBeLessThan(mlpWidth * (mlpWidth + 1) + 4 * mlpWidth + 4096);
    const again = (await readStatistics(bytes, "s.safetensors", model)).layers.get(1)!;
    const exact = statistics.layers.get(1)!;
    expect(again).toMatchObject({ tokens: exact.tokens, convergence: exact.convergence });
    expect(relativeDifference(again.values, exact.values)).toBeLessThan(2e-3);
    // u = C⁻¹ k / ‖C⁻¹ k‖ for a key like those that edits have: a column of C.
    const key = exact.values.slice(5 * mlpWidth, 6 * mlpWidth).map((value, i) => value + 1e-3 * Math.sin(i));
    const one = new Map([[1, again]]);
    const packed = await factorStatistics({ ...statistics, layers: one }, 1, mlpWidth);
    const plain = await factorStatistics(statistics, 1, mlpWidth);
    expect(packed.condition).toBe(plain.condition);
    const [u, v] = [packed, plain].map((factor) => unit(solveFactored(factor, key)));
    expect(dot(u!, v!)).toBeGreaterThan(0.999);
    expect(await hashMoment(again)).not.toBe(await hashMoment(exact));
  });

  test.each<[string, (tensors: Map<string, EncodedTensor>) => void, boolean, RegExp]>([
    ["no notes", () => undefined, false, /does not tell how/],
    ["no scales", (tensors) => tensors.delete("L.1.scale"), true, /has no L\.1\.scale/],
    ["a scale of zero", (tensors) => tensors.get("L.1.scale")!.bytes.fill(0, 0, 4), true, /without a scale/],
    ["a pivot of zero", (tensors) => tensors.get("L.1")!.bytes.fill(0, 0, 2), true, /pivot/],
    ["an infinity", (tensors) => tensors.get("L.1")!.bytes.set([0, 0x7c], 2), true, /not finite/],
    [
      "a triangle of another size",
      (tensors) => tensors.set("L.1", { dtype: "F16", shape: [3], bytes: new Uint8Array(6) }),
      true,
      /this model needs F16/,
    ],
    [
      "the layer twice",
      (tensors) => {
        const { mlpWidth: f } = model.config;
        tensors.set("C.1", { dtype: "F32", shape: [f, f], bytes: new Uint8Array(4 * f * f) });
      },
      true,
      /twice/,
    ],
  ])("a packed file with %s is refused", async (_, damage, hasNotes, sentence) => {
    const bytes = await writePackedStatistics(statistics, 1);
    const header = await readSafetensorsHeader(memorySource("s", bytes));
    const tensors = new Map(
      [...header.tensors].map(([name, { dtype, shape, begin, end }]) => [
        name,
        { dtype, shape, bytes: bytes.slice(begin, end) } as EncodedTensor,
      ]),
    );
    damage(tensors);
    const metadata = hasNotes ? Object.fromEntries(header.metadata) : {};
    await expect(readStatistics(encodeSafetensors(tensors, metadata), "s", model)).rejects.toThrow(sentence);
  });

  test.each([
    ["another width", "C.1", [4, 4], "this model needs"],
    ["another layer", "C.99", [4, 4], "no C.<layer>"],
    ["another name", "weights", [4, 4], "no C.<layer>"],
  ])("a file with %s is refused", async (_, tensor, shape, sentence) => {
    const bytes = writeSafetensors([{ name: tensor, shape, values: new Float32Array(16) }]);
    await expect(readStatistics(bytes, "s", model)).rejects.toMatchObject({
      code: "bad-statistics",
      message: expect.stringContaining(sentence) as string,
    });
  });

  test("too little text is singular: a ridge is added and told", async () => {
    const few = await collectStatistics(
      model,
      { layers: [1], texts: ["The capital of France is Paris."] },
      SIGNAL,
    );
    const [told] = await describeStatistics(few);
    expect(told!.ridge).toBe(1e-4);
    expect((await factorStatistics(few, 1, model.config.mlpWidth)).ridge).toBe(1e-4);
    await expect(factorStatistics(few, 2, model.config.mlpWidth)).rejects.toThrow("no layer 2");
  });

  test("a layer that does not exist and an empty text are refused before any work", async () => {
    const texts = ["a"];
    await expect(collectStatistics(model, { layers: [6], texts }, SIGNAL)).rejects.toMatchObject({
      code: "bad-request",
    });
    await expect(collectStatistics(model, { layers: [1], texts: [] }, SIGNAL)).rejects.toMatchObject({
      code: "bad-request",
    });
  });

  test("contexts: 21 templates, the bare one first, the same for the same seed", async () => {
    const before = memory();
    const contexts = await sampleContexts(model, 1);
    expect(memory()).toEqual(before);
    expect(contexts).toHaveLength(21);
    checkContexts(contexts);
    expect(contexts[1]!.startsWith("The")).toBe(true);
    expect(new Set(contexts).size).toBeGreaterThan(15);
    expect(await sampleContexts(model, 1)).toEqual(contexts);
    expect(await sampleContexts(model, 2)).not.toEqual(contexts);
  });
});

test.each([[["no place"]], [["A. {}"]], [["{}", "{} and {}"]], [[]]])(
  "contexts %o are refused",
  (templates) => {
    expect(() => checkContexts(templates)).toThrow(expect.objectContaining({ code: "bad-request" }) as Error);
  },
);
