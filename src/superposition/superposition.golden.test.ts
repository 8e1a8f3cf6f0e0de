/** The whole analysis on a model: layers, warnings, and what a C that is not well known does. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SuperpositionRequest } from "../domain/superposition";
import type { SecondMoment } from "../editing/secondMoment";
import type { Statistics } from "../editing/statistics";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { gramSteps } from "../linalg/gram";
import { factorSpd } from "../linalg/solveSpd";
import { runAtOnce } from "../linalg/steps";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { openMoments } from "../editing/testing/factCases";
import { readFixture } from "../../tests/sharedFixtures";
import { analyseLayerSteps } from "./analyseLayer";
import { interferenceMatrix } from "./interference";
import { analyseSuperposition, groups } from "./superposition";
import { largestDifference, openMatrixCase } from "./testing/superpositionCases";
import { superpositionWarnings } from "./warnings";
import { whitenSteps } from "./whitening";

const NAME = "tiny-facts2-gpt2";
const FACTS = [
  { prompt: "The capital of {} is", subject: "France" },
  { prompt: "The capital of Greece is", subject: "Greece" },
  { prompt: "{} belongs to the continent of", subject: "Poland" },
  { prompt: "The capital of {} is", subject: "France" },
  { prompt: "The capital is", subject: "France" },
];

let backend: EngineBackend;
let model: Model;
let statistics: Statistics;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
  model = await loadFixture(readFixture, NAME);
  statistics = await openMoments(`editing/${NAME}/second_moments/tensors.safetensors`, "C.", [0, 1, 2]);
});
afterAll(() => {
  model.dispose();
  backend.dispose();
});

const controller = () => new AbortController();
const run = (request: SuperpositionRequest, signal = controller().signal, notes: string[] = []) =>
  analyseSuperposition(model, request, () => Promise.resolve(statistics), {
    signal,
    onProgress: ({ note, done, total }) => notes.push(`${note} ${done}/${total}`),
  });

describe("a list of facts", () => {
  test("gives P of every layer asked for, with its faults named and nothing left behind", async () => {
    const before = memory();
    const notes: string[] = [];
    const result = await run(
      { facts: FACTS, layers: [2, 0], matrices: ["interference"], pairs: 3 },
      undefined,
      notes,
    );
    expect(memory()).toEqual(before);
    expect(result.layers.map(({ layer }) => layer)).toEqual([0, 2]);
    expect(result).toMatchObject({
      kept: [0, 1, 2, 3],
      skipped: [{ index: 4, reason: "subject-not-in-prompt" }],
      sameKeys: [{ index: 3, of: 0, kind: "duplicate" }],
    });
    for (const { matrices, pairs, interference } of result.layers) {
      const p = matrices[0]!.values;
      for (let i = 0; i < 4; i++) expect(p[i * 4 + i]).toBeCloseTo(1, 12);
      expect(p[3]).toBeCloseTo(1, 9);
      expect(pairs).toHaveLength(3);
      expect(interference.count).toBe(12);
      expect(pairs[0]!.p).toBe(p[pairs[0]!.i * 4 + pairs[0]!.j]);
    }
    expect(result.warnings.join("\n")).toMatch(/left out[^]*in the list before/);
    expect(notes).toContain("Comparing keys 2/2");
  });

  test("names pairs of different keys alone where that is asked for", async () => {
    const all = await run({ facts: FACTS, layers: [1] });
    const apart = await run({ facts: FACTS, layers: [1], pairsApart: true });
    const names = ({ layers }: typeof all) => layers[0]!.pairs.map(({ i, j }) => `${i} ${j}`).sort();
    expect(names(all)).toEqual(expect.arrayContaining(["0 3", "3 0"]));
    expect(names(apart)).toEqual(names(all).filter((name) => !["0 3", "3 0"].includes(name)));
    expect(apart.layers[0]!.interference).toEqual(all.layers[0]!.interference);
  });

  test("stops when it is cancelled", async () => {
    const stop = controller();
    stop.abort();
    await expect(run({ facts: FACTS, layers: [0] }, stop.signal)).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  test.each<[Partial<SuperpositionRequest>, RegExp]>([
    [{ facts: FACTS.slice(3) }, /Only one fact has a key.*Fact 2 \(“France”\)/],
    [{ facts: [] }, /No fact has a key/],
    [{ layers: [6] }, /no layer 6/],
    [{ layers: [] }, /No layer/],
    [{ ridge: -1 }, /ridge/],
    [{ pairs: 0.5 }, /pairs/],
    [{ facts: new Array(5000).fill(FACTS[0]!) as never }, /5000 facts are more/],
  ])("%j is refused", async (change, message) => {
    const request = { facts: FACTS, layers: [0], ...change };
    await expect(run(request)).rejects.toMatchObject({
      code: "bad-request",
      message: expect.stringMatching(message),
    });
  });

  test("a ridge that is asked for is used, and layers are grouped by what fits", async () => {
    const { layers } = await run({ facts: FACTS, layers: [1], ridge: 0.01 });
    expect(layers[0]!.moment.ridge).toBe(0.01);
    expect(layers[0]!.moment.ridgeEffects.map(({ ridge }) => ridge)).toEqual([0.001, 0.1]);
    expect(groups([0, 1, 2, 3, 4], 10, 25)).toEqual([[0, 1], [2, 3], [4]]);
    expect(groups([7], 100, 25)).toEqual([[7]]);
  });
});

describe("C from too few tokens", () => {
  const opened = openMatrixCase("tiny-facts-llama-150-tokens-ridge");
  const f = opened.stored.per_layer[3]!.f;
  const tokenKeys = opened.rows("token_keys_3");
  const tokens = tokenKeys.length / f;
  /** The mean of k kᵀ, which fewer keys than dimensions leave singular. */
  const c = runAtOnce(gramSteps(transpose(tokenKeys, tokens, f), tokens)).map((value) => value / tokens);
  const policy = { kind: "whenNeeded", amount: 0.01, conditionLimit: 1e10 } as const;
  const factor = factorSpd(c, f, policy);
  const keys = opened.rows("K_3");
  const analysed = runAtOnce(
    analyseLayerSteps(
      { layer: 3, keys, factor, c: () => c, tokens },
      { pairs: 5, matrices: ["interference"] },
    ),
  );

  test("is found singular; with the stored ridge P is the stored one", () => {
    expect(() => factorSpd(c, f)).toThrow(expect.objectContaining({ code: "singular-matrix" }));
    expect(factor.ridge).toBe(0.01);
    // The stored C was rounded to float32 after its ridge.
    expect(largestDifference(analysed.matrices[0]!.values, opened.values("P_3"))).toBeLessThan(1e-4);
  });

  test("the ridge is stated with what another one would do, measured as if it were used", () => {
    const { ridgeEffects } = analysed.moment;
    expect(ridgeEffects.map(({ ridge }) => ridge)).toEqual([0.001, 0.1]);
    const other = factorSpd(c, f, { kind: "always", amount: 0.1 });
    const n = keys.length / f;
    const p = interferenceMatrix(runAtOnce(gramSteps(runAtOnce(whitenSteps(other, keys)), f)), n);
    const change = largestDifference(p, analysed.matrices[0]!.values);
    expect(change).toBeGreaterThan(0.01);
    expect(ridgeEffects[1]!.largestChange).toBeCloseTo(change, 9);
  });

  test("both are said in words", () => {
    const words = superpositionWarnings({ skipped: [], sameKeys: [] }, [analysed], f).join("\n");
    expect(words).toMatch(/150 tokens, fewer than the keys have dimensions \(256\)/);
    expect(words).toMatch(/ridge of 0\.01 · tr\(C\)\/f on its diagonal; with 1e-3 instead, p moves by up to/);
  });

  test("enough tokens and a good C are passed over in silence", () => {
    const good: SecondMoment = { width: f, values: c, tokens: 10 * f, convergence: [] };
    const moment = { tokens: good.tokens, condition: 100, ridge: 0, ridgeEffects: [] };
    expect(superpositionWarnings({ skipped: [], sameKeys: [] }, [{ ...analysed, moment }], f)).toEqual([]);
  });
});

test("a key that is zero is refused by name", () => {
  const factor = factorSpd(Float64Array.of(1, 0, 0, 1), 2);
  const input = {
    layer: 4,
    keys: Float64Array.of(1, 1, 0, 0),
    factor,
    c: () => new Float64Array(4),
    tokens: 1,
  };
  expect(() => runAtOnce(analyseLayerSteps(input, { pairs: 1, matrices: [] }))).toThrow(
    /fact 2 at layer 4 is zero/,
  );
});
