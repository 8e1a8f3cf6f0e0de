/**
 * What each method is said to take, against the bytes of tensors really alive at its worst moment: never less, so that
 * nothing is begun that cannot end, and not so much more that possible work is refused.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import type { EditCall, EditMethod, EditRequest, Settings } from "../domain/edit";
import { scoreAnswers } from "../evaluation/probes";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { peakBytes } from "../gpu/testing/peakMemory";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { computeEdit, readCallSettings } from "./computeEdit";
import { estimateEditMemory, type EditSize } from "./methodMemory";
import { methodNamed } from "./methods/methods";
import { EditStack } from "./stack";
import { collectStatistics, type Statistics } from "./statistics";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const LEAST = 1;
const MOST = 2.75;

const CASES: readonly [EditMethod, Settings][] = [
  ["ROME", { layer: 1, steps: 3 }],
  ["MEMIT", { editLayers: [0, 1, 2], steps: 3 }],
  ["EMMET", { layer: 1, steps: 3 }],
  ["PMET", { editLayers: [0, 1], steps: 3 }],
  ["AlphaEdit", { editLayers: [0, 1], steps: 3 }],
  ["AnyEdit", { editLayers: [0, 1], steps: 3, window: 6 }],
  ["AnyEdit", { inner: "UnKE", editLayers: [2], steps: 3, trainSteps: 2, window: 6 }],
  ["UnKE", { layer: 1, steps: 3, trainSteps: 2 }],
  ["FT-M", { layer: 1, steps: 2 }],
  ["LoRA", { steps: 2 }],
  ["KN", { steps: 8 }],
  ["GRACE", { layer: 3, steps: 2 }],
  ["WISE", { layer: 3, steps: 2 }],
  ["IKE", { demonstrations: 4 }],
];

const CONTEXTS = ["{}", ...Array.from({ length: 5 }, () => "It was said in the town that. {}")];
const FACT: EditRequest = {
  prompt: "The capital of {} is",
  subject: "Portugal",
  targetNew: "Oslo by the sea",
  targetTrue: "Lisbon",
  paraphrases: [],
  neighbours: [],
};
const LONG = {
  ...FACT,
  targetNew: "Oslo. People in Portugal speak Thai, and the city lies by the sea in the north of Europe.",
};

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("%s", (name) => {
  let model: Model;
  let statistics: Statistics;
  const preserve = Array.from({ length: 20 }, () => "The river runs through the old town to the sea.");
  beforeAll(async () => {
    model = await loadFixture(readFixture, name);
    statistics = await collectStatistics(model, { layers: [0, 1, 2], texts: preserve }, QUIET);
  });
  afterAll(() => model.dispose());

  test.each(CASES)("%s %j", async (method, given) => {
    const { contexts: kind, longTargets } = methodNamed(method);
    const requests = [longTargets ? LONG : FACT];
    const call: EditCall = { method, requests, settings: given, seed: 1 };
    const contexts = kind === "none" ? ["{}"] : CONTEXTS;
    const tokens = (text: string) => model.tokenizer.encode(text).ids.length;
    const size: EditSize = {
      method,
      settings: readCallSettings(call, model).settings,
      requests: requests.map(({ prompt, subject, targetNew }) => ({
        prompt: tokens(prompt.replace("{}", subject)),
        answer: tokens(targetNew),
      })),
      contexts: contexts.length,
      contextTokens: kind === "none" ? 0 : 10,
      preservedTokens: tokens(preserve[0]!),
    };
    const bytes = estimateEditMemory(model.config, "wasm", size);
    const stack = new EditStack(model.weights, model.hash);
    const peak = await peakBytes(async () => {
      const { edit } = await computeEdit(model, call, { ...QUIET, contexts, statistics, preserve });
      await stack.add(edit);
      // The longest text that IKE makes the model read is the first question.
      if (method === "IKE")
        await scoreAnswers(model, [{ prompt: "The capital of Portugal is", answer: "Oslo" }]);
    });
    await stack.clear();
    expect(bytes / peak).toBeGreaterThanOrEqual(LEAST);
    expect(bytes / peak).toBeLessThanOrEqual(MOST);
  });
});
