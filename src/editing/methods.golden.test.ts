/**
 * What every method promises, on every family's tiny model: it changes nothing by itself, its edit is undone to the bit,
 * saved and opened again to the same weights; bad input is refused before any work; a cancel leaves nothing behind.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EditCall, EditMethod, EditRequest, Settings } from "../domain/edit";
import { scoreAnswers } from "../evaluation/probes";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readLinear } from "../gpu/weights";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { readFixture } from "../../tests/sharedFixtures";
import { computeEdit } from "./computeEdit";
import { editFileModel, readEditFile, writeEditFile } from "./editFile";
import { METHODS, methodNamed } from "./methods/methods";
import { METHOD_NAMES } from "./methodNames";
import { readWith } from "./settings/sharedSettings";
import { randomHyperNetwork } from "./testing/randomHyperNetwork";
import { EditStack } from "./stack";
import { collectStatistics, type Statistics } from "./statistics";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const FAMILIES = [
  "gpt2",
  "gpt_neox",
  "gptj",
  "llama",
  "mistral",
  "phi",
  "qwen2",
  "qwen3",
  "gemma3",
  "smollm",
];

/** Small enough for seconds, two layers where a method takes several. */
const QUICK: Record<string, Settings> = {
  ROME: { steps: 2 },
  "R-ROME": { steps: 2 },
  MEMIT: { steps: 2, editLayers: [0, 1] },
  EMMET: { steps: 2 },
  PMET: { steps: 2, editLayers: [0, 1] },
  AlphaEdit: { steps: 2, editLayers: [0, 1], nullSpaceThreshold: 1 },
  UnKE: { steps: 2, trainSteps: 2 },
  AnyEdit: { steps: 2, editLayers: [0, 1], window: 2 },
  "FT-L": { steps: 2 },
  "FT-M": { steps: 2 },
  LoRA: { steps: 2, rank: 2 },
  KN: { steps: 2 },
  MEND: {},
  GRACE: { steps: 2 },
  IKE: {},
  SERAC: {},
  WISE: { steps: 2 },
};

const FACTS: EditRequest[] = [
  {
    prompt: "The {} is in",
    subject: "tower",
    targetNew: "the house",
    targetTrue: "it",
    paraphrases: [],
    neighbours: [],
  },
  {
    prompt: "A {} was",
    subject: "river",
    targetNew: "not here",
    targetTrue: "it",
    paraphrases: [],
    neighbours: [],
  },
];

/** At how many of its places a method is stopped. */
const PLACES = 6;

/** The first pass builds rotary tables, which stay. */
const warmUp = (model: Model) =>
  scoreAnswers(model, [{ prompt: "A long enough text to build every table of", answer: "it" }]);

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

test("every method's name is in the list, once, with settings that read their own defaults", () => {
  expect(METHODS.map(({ name }) => name)).toEqual([...METHOD_NAMES]);
  const shape = { family: "llama", layers: 12, residualWidth: 64 };
  for (const { settings, summary, changes } of METHODS) {
    const names = settings.specs(12).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const defaults = settings.defaults(shape);
    for (const name of names) expect(defaults, name).toHaveProperty(name);
    // An edit computed again is given its own settings.
    expect(readWith(settings, defaults, shape)).toEqual({ settings: defaults, notes: [] });
    expect(summary.length + changes.length).toBeGreaterThan(40);
    for (const { name, meaning } of settings.specs(12)) expect(meaning.length, name).toBeGreaterThan(10);
  }
});

test("a recipe says what makes its method different, in 120 lines at most", () => {
  const folder = new URL("methods/", import.meta.url);
  const recipes = readdirSync(folder);
  expect(recipes.length).toBeGreaterThanOrEqual(METHODS.length - 3);
  for (const recipe of recipes) {
    const lines = readFileSync(new URL(recipe, folder), "utf8").trimEnd().split("\n");
    expect(lines.length, recipe).toBeLessThanOrEqual(120);
  }
});

describe.each(FAMILIES)("%s", (family) => {
  let model: Model;
  let statistics: Statistics;
  beforeAll(async () => {
    model = await loadFixture(readFixture, family);
    await warmUp(model);
    const texts = [
      "The tower is in the house.",
      "A river was not here, but there.",
      "It is what it was before it.",
    ];
    statistics = await collectStatistics(
      model,
      { layers: [0, 1, 2].filter((l) => l < model.config.layers), texts },
      QUIET,
    );
  });
  afterAll(() => model.dispose());

  test.each<[string, EditMethod, Settings]>([
    ...METHOD_NAMES.map((name): [string, EditMethod, Settings] => [name, name, QUICK[name]!]),
    ...["EMMET", "AlphaEdit", "UnKE"].map((inner): [string, EditMethod, Settings] => [
      `AnyEdit over ${inner}`,
      "AnyEdit",
      { ...QUICK["AnyEdit"], inner, nullSpaceThreshold: 1, trainSteps: 2 },
    ]),
  ])("%s", async (_name, method, settings) => {
    const before = memory();
    const base = await readLinear(model.weights.matrix("blocks.1.mlpOut"));
    const requests = methodNamed(method).batch ? FACTS : FACTS.slice(0, 1);
    const contexts = methodNamed(method).contexts === "none" ? ["{}"] : ["{}", "So. {}"];
    const call: EditCall = { method, requests, settings, seed: 1 };
    const hyperNetwork = randomHyperNetwork(model, 1);
    const options = { ...QUIET, contexts, statistics, preserve: ["It is what it was."], hyperNetwork };
    const { edit } = await computeEdit(model, call, options);
    expect(memory()).toEqual(before);
    expect(await readLinear(model.weights.matrix("blocks.1.mlpOut"))).toEqual(base);

    const stack = new EditStack(model.weights, model.hash);
    await stack.add(edit);
    const { weightHash } = stack.state;
    expect(weightHash).not.toBe(model.hash);
    const identity = editFileModel(model, `embedded:${family}`);
    const bytes = writeEditFile(stack.edits, identity);
    await stack.clear();
    expect(stack.state.weightHash).toBe(model.hash);
    expect(memory()).toEqual(before);
    const opening = {
      fileName: "e.palimpsest",
      model: identity,
      weights: model.weights,
      acceptOtherRevision: false,
    };
    const opened = await readEditFile(bytes, opening);
    expect(opened[0]!.keptKeys ?? []).toEqual(edit.keptKeys);
    await stack.replaceAll(opened);
    expect(stack.state.weightHash).toBe(weightHash);
    await stack.clear();
    expect(memory()).toEqual(before);
  });
});

describe("before any work", () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, "llama");
    await warmUp(model);
  });
  afterAll(() => model.dispose());

  const refusal = async (method: EditMethod, request: Partial<EditRequest>, settings: Settings = {}) => {
    const steps: string[] = [];
    const call: EditCall = { method, requests: [{ ...FACTS[0]!, ...request }], settings, seed: 1 };
    const onProgress = ({ note }: { note: string }) => void steps.push(note);
    const failure = await computeEdit(model, call, { ...QUIET, onProgress, contexts: ["{}"] }).then(
      () => undefined,
      (error: unknown) => error as { code: string; message: string },
    );
    expect(steps).toEqual([]);
    return failure;
  };

  test.each<[string, Partial<EditRequest>, Settings, string]>([
    ["an empty target", { targetNew: " " }, {}, "bad-request"],
    ["a prompt without its subject", { prompt: "It is in" }, {}, "bad-request"],
    ["an empty subject", { subject: "" }, {}, "bad-request"],
    ["a target longer than the context", { targetNew: "word ".repeat(4000) }, {}, "prompt-too-long"],
    ["an unknown setting", {}, { clampNormFaktor: 1 }, "bad-request"],
  ])("%s is refused by every method", async (_, request, settings, code) => {
    for (const method of METHOD_NAMES) {
      expect(await refusal(method, request, settings), method).toMatchObject({ code });
    }
  });

  test.each<[EditMethod, Settings, string]>([
    ["MEMIT", { layers: "[1,99]" }, "layers between 0 and 2"],
    ["AlphaEdit", { layers: [] }, "a list of layers"],
    ["FT-M", { layers: 7 }, "between 0 and 2"],
    ["MEMIT", { keepShare: 0.4, prune: true }, "do not go together"],
    ["AnyEdit", { window: 4, overlap: 4 }, "leaves nothing"],
    ["WISE", { save_freq: 2, merge_freq: 3 }, "cannot be merged every 3"],
  ])("%s with %o is refused", async (method, settings, sentence) => {
    expect(await refusal(method, {}, settings)).toMatchObject({
      code: "bad-request",
      message: expect.stringContaining(sentence) as string,
    });
  });

  test("a hyper-network is asked for where one is needed", async () => {
    expect(await refusal("MEND", {})).toMatchObject({
      code: "bad-request",
      message: expect.stringContaining("trained on this very model") as string,
    });
  });

  test("without second moments, and with those of another width", async () => {
    expect(await refusal("MEMIT", {})).toMatchObject({ code: "bad-statistics" });
    const moment = { width: 4, values: new Float64Array(16), tokens: 1, convergence: [] };
    const other = { modelHash: "", textHash: "", layers: new Map([[0, moment], [1, moment]]) }; // prettier-ignore
    const call: EditCall = { method: "MEMIT", requests: FACTS, settings: { editLayers: [0, 1] }, seed: 1 };
    await expect(
      computeEdit(model, call, { ...QUIET, contexts: ["{}"], statistics: other }),
    ).rejects.toMatchObject({ code: "bad-statistics" });
  });

  test("AnyEdit over EMMET is AnyEdit over MEMIT with λ = εw, the identity of algorithms.md 5", async () => {
    const width = model.config.mlpWidth;
    const values = Float64Array.from({ length: width * width }, (_, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      return (i === j ? 2 : 0) + Math.cos(0.3 * i) * Math.cos(0.3 * j);
    });
    const moment = { width, values, tokens: 0, convergence: [] };
    const statistics = { modelHash: "", textHash: "", layers: new Map([[0, moment], [1, moment]]) }; // prettier-ignore
    const write = async (settings: Settings) => {
      const call: EditCall = { method: "AnyEdit", requests: FACTS, settings: { ...QUICK["AnyEdit"], ...settings }, seed: 1 }; // prettier-ignore
      const { edit } = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], statistics });
      return edit.updates.map((update) =>
        update.kind === "lowRank" ? Float64Array.from(update.v) : new Float64Array(0),
      );
    };
    const [memit, emmet, softer] = [
      await write({ secondMomentWeight: 4 }),
      await write({ inner: "EMMET", secondMomentWeight: 20, ridge: 0.2 }),
      await write({ inner: "EMMET", secondMomentWeight: 20, ridge: 0.02 }),
    ];
    expect(memit).toHaveLength(2);
    memit.forEach((x, at) => {
      expect(relativeDifference(emmet[at]!, x)).toBeLessThan(1e-5);
      expect(relativeDifference(softer[at]!, x)).toBeGreaterThan(1e-3);
    });
  });

  test("a singular system says so", async () => {
    const width = model.config.mlpWidth;
    const moment = { width, values: new Float64Array(width * width), tokens: 1, convergence: [] };
    const statistics = { modelHash: "", textHash: "", layers: new Map([[0, moment]]) };
    const call: EditCall = { method: "MEMIT", requests: FACTS, settings: { editLayers: [0] }, seed: 1 };
    await expect(computeEdit(model, call, { ...QUIET, contexts: ["{}"], statistics })).rejects.toMatchObject({
      code: "singular-matrix",
    });
  });

  test("MEMIT gives the weights back when it is cancelled between two layers", async () => {
    const before = memory();
    const width = model.config.mlpWidth;
    const values = Float64Array.from({ length: width * width }, (_, at) => (at % (width + 1) === 0 ? 1 : 0));
    const moment = { width, values, tokens: 0, convergence: [] };
    const statistics = { modelHash: "", textHash: "", layers: new Map([[0, moment], [1, moment]]) }; // prettier-ignore
    const aborter = new AbortController();
    const onProgress = ({ note }: { note: string }) =>
      void (note === "Writing the layers" && aborter.abort());
    const call: EditCall = { method: "MEMIT", requests: FACTS, settings: QUICK["MEMIT"]!, seed: 1 };
    const options = { signal: aborter.signal, onProgress, contexts: ["{}"], statistics };
    await expect(computeEdit(model, call, options)).rejects.toMatchObject({ code: "cancelled" });
    expect(model.weights.overrideOf("blocks.0.mlpOut")).toBeUndefined();
    expect(memory()).toEqual(before);
  });

  test.each([...METHOD_NAMES, "AnyEdit over UnKE" as const])(
    "%s tells how far it is, and stops when it is cancelled",
    async (name) => {
      const before = memory();
      const aborter = new AbortController();
      const onProgress = () => aborter.abort();
      const method = name === "AnyEdit over UnKE" ? "AnyEdit" : name;
      const settings = {
        ...QUICK[method],
        ...(name === method ? {} : { inner: "UnKE", editLayers: [1], trainSteps: 2 }),
      };
      const requests = methodNamed(method).batch ? FACTS : FACTS.slice(0, 1);
      const call: EditCall = { method, requests, settings, seed: 1 };
      const width = model.config.mlpWidth;
      const values = Float64Array.from({ length: width * width }, (_, at) => Number(at % (width + 1) === 0));
      // Decompositions are kept with their moment: each run is to make its own.
      const fresh = () => {
        const moment = { width, values, tokens: 0, convergence: [] };
        const layers = new Map([...Array(model.config.layers).keys()].map((layer) => [layer, moment]));
        return { modelHash: "", textHash: "", layers };
      };
      const options = {
        signal: aborter.signal,
        onProgress,
        contexts: ["{}"],
        preserve: ["It was."],
        hyperNetwork: randomHyperNetwork(model, 1),
        statistics: fresh(),
      };
      await expect(computeEdit(model, call, options)).rejects.toMatchObject({ code: "cancelled" });
      expect(memory()).toEqual(before);

      // Every place that asks whether to stop can be the one that does; a few of them, in all phases.
      const stoppedAt = async (place: number) => {
        const asked = { times: 0 };
        const signal = { get aborted() { return asked.times++ >= place; } } as AbortSignal; // prettier-ignore
        const outcome = computeEdit(model, call, {
          ...options,
          signal,
          statistics: fresh(),
          onProgress: () => undefined,
        });
        const code = await outcome.then(() => "done", (error: unknown) => (error as { code?: string }).code); // prettier-ignore
        return { code, places: asked.times };
      };
      const { code, places } = await stoppedAt(Infinity);
      expect(code).toBe("done");
      for (let part = 0; part < Math.min(PLACES, places); part++) {
        const place = Math.floor((part * places) / Math.min(PLACES, places));
        expect(await stoppedAt(place), `place ${place}`).toMatchObject({ code: "cancelled" });
        expect(memory(), `place ${place} of ${places}`).toEqual(before);
      }
      expect(model.weights.overrideOf("blocks.0.mlpOut")).toBeUndefined();
    },
  );
});
