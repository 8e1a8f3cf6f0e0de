/** What no method takes: each a clear refusal, before any work, with the model as it was. One table over all methods. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import type { EditCall, EditMethod, EditRequest } from "../domain/edit";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { AppError } from "../lib/errors";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { scoreAnswers } from "../evaluation/probes";
import { computeEdit } from "./computeEdit";
import { METHODS } from "./methods/methods";
import type { SecondMoment } from "./secondMoment";
import { readWith } from "./settings/sharedSettings";
import type { Statistics } from "./statistics";

const GOOD: EditRequest = {
  prompt: "The capital of {} is",
  subject: "France",
  targetNew: "Rome",
  targetTrue: "Paris",
  paraphrases: [],
  neighbours: [],
};

type Spoilt = Partial<Pick<EditCall, "requests" | "settings">> & { statistics?: Statistics };
type Case = {
  name: string;
  codes: readonly string[];
  /** Undefined where the method has nothing of the kind. */
  spoil(method: EditMethod, model: Model): Spoilt | undefined;
};

/** C of every layer; all its entries from one rule. */
function statisticsOf(model: Model, width: number, entry: (i: number, j: number) => number): Statistics {
  const values = Float64Array.from({ length: width * width }, (_, at) => entry(Math.floor(at / width), at % width)); // prettier-ignore
  const moment: SecondMoment = { width, values, tokens: 1, convergence: [] };
  const layers = Array.from({ length: model.config.layers }, (_, layer) => [layer, moment] as const);
  return { modelHash: "", textHash: "", layers: new Map(layers) };
}

const identity = (i: number, j: number): number => Number(i === j);
const definitionOf = (name: EditMethod) => METHODS.find((one) => one.name === name)!;

/** Whether the method, as it is set by default, needs second moments; and whether it solves with them. */
function needs(name: EditMethod, { config }: Model): { statistics: boolean; factor: boolean } {
  const method = definitionOf(name);
  const { settings } = readWith(method.settings, {}, config);
  const statistics = method.statisticsLayers(settings).length > 0;
  // AlphaEdit's null space of nothing is everything.
  return { statistics, factor: statistics && name !== "AlphaEdit" };
}

const CASES: readonly Case[] = [
  {
    name: "a prompt without the subject's place",
    codes: ["bad-request"],
    spoil: () => ({ requests: [{ ...GOOD, prompt: "The capital of France is" }] }),
  },
  {
    name: "an empty subject",
    codes: ["bad-request"],
    spoil: () => ({ requests: [{ ...GOOD, subject: "  " }] }),
  },
  {
    name: "an empty target",
    codes: ["bad-request"],
    spoil: () => ({ requests: [{ ...GOOD, targetNew: " \n" }] }),
  },
  {
    name: "a target longer than the context",
    codes: ["prompt-too-long"],
    spoil: (_, { config }) => ({ requests: [{ ...GOOD, targetNew: " Rome".repeat(config.contextLength + 1) }] }), // prettier-ignore
  },
  {
    name: "a long answer that fits but for its end of text",
    codes: ["prompt-too-long"],
    spoil: (name, { config, tokenizer }) => {
      if (!definitionOf(name).longTargets) return undefined;
      const tokens = (text: string, specials: boolean) => tokenizer.encode(text, { specials }).ids.length;
      const room = config.contextLength - tokens("The capital of France is", true);
      const targetNew = " Rome".repeat(Math.floor(room / tokens(" Rome", false)));
      return { requests: [{ ...GOOD, targetNew }] };
    },
  },
  {
    name: "a long answer cut where it has no token",
    codes: ["bad-request"],
    spoil: (name) => (name === "AnyEdit" ? { requests: [{ ...GOOD, cuts: [1, 900] }] } : undefined),
  },
  {
    name: "one bad request among good ones",
    codes: ["bad-request"],
    spoil: (name) => (definitionOf(name).batch ? { requests: [GOOD, { ...GOOD, targetNew: "" }] } : undefined), // prettier-ignore
  },
  {
    name: "no request at all",
    codes: ["bad-request"],
    spoil: () => ({ requests: [] }),
  },
  {
    name: "a layer that the model does not have",
    codes: ["bad-request"],
    spoil: (name, { config }) => {
      const names = definitionOf(name)
        .settings.specs(config.layers)
        .map((spec) => spec.name);
      if (names.includes("layer")) return { settings: { layer: config.layers } };
      return names.includes("editLayers") ? { settings: { editLayers: [0, config.layers] } } : undefined;
    },
  },
  {
    name: "a setting that the method does not know",
    codes: ["bad-request"],
    spoil: () => ({ settings: { moonPhase: 3 } }),
  },
  {
    name: "no statistics where they are needed",
    codes: ["bad-statistics"],
    spoil: (name, model) => (needs(name, model).statistics ? { settings: {} } : undefined),
  },
  {
    name: "statistics of another width",
    codes: ["bad-statistics"],
    spoil: (name, model) =>
      needs(name, model).statistics ? { statistics: statisticsOf(model, 7, identity) } : undefined,
  },
  {
    name: "statistics of another model",
    codes: ["wrong-model"],
    spoil: (name, model) =>
      needs(name, model).statistics
        ? { statistics: { ...statisticsOf(model, model.config.mlpWidth, identity), modelHash: "f".repeat(64) } }
        : undefined, // prettier-ignore
  },
  {
    name: "a singular second moment",
    codes: ["singular-matrix"],
    spoil: (name, model) =>
      needs(name, model).factor ? { statistics: statisticsOf(model, model.config.mlpWidth, () => 0) } : undefined, // prettier-ignore
  },
];

let backend: EngineBackend;
let model: Model;
let untouched: string;
const bits = async (): Promise<string> => {
  const [{ logprobs }] = (await scoreAnswers(model, [{ prompt: "The capital of France is", answer: "Paris in spring" }])) as unknown as [{ logprobs: number[] }]; // prettier-ignore
  return logprobs.join();
};
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
  model = await loadFixture(readFixture, "tiny-facts2-llama");
  untouched = await bits();
});
afterAll(() => {
  model.dispose();
  backend.dispose();
});

describe.each(METHODS.map(({ name }) => name))("%s refuses", (method) => {
  test.each(CASES)("$name", async ({ codes, spoil }) => {
    const spoilt = spoil(method, model);
    if (!spoilt) return;
    const { statistics, ...call } = spoilt;
    const before = memory();
    const told: string[] = [];
    const edit = computeEdit(
      model,
      { method, requests: [GOOD], settings: {}, seed: 1, ...call },
      {
        signal: new AbortController().signal,
        onProgress: ({ note }) => told.push(note),
        contexts: ["{}"],
        ...(statistics && { statistics }),
      },
    );
    const error: unknown = await edit.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AppError);
    const { code, message, remedy } = error as AppError;
    expect(codes).toContain(code);
    expect(message).toMatch(/^[A-Z“].{15,}\.$/s);
    expect(remedy?.length ?? 0).toBeGreaterThan(5);
    expect(told.filter((note) => !note.startsWith("Decomposing"))).toEqual([]);
    expect(memory()).toEqual(before);
    expect(await bits()).toBe(untouched);
  });
});
