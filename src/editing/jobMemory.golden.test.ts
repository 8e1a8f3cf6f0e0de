/**
 * Estimates of what jobs take, against the bytes of tensors really alive at their worst moment. An estimate may be more
 * than is used (it decides whether a job is begun), but not less, and not so much more that possible work is refused.
 */
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture as read } from "../../tests/sharedFixtures";
import { smolLm2Path } from "../../tests/realModel";
import type { TraceRequest } from "../domain/trace";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { peakBytes } from "../gpu/testing/peakMemory";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { openCheckpoint } from "../loading/checkpoint";
import { nodeModelFiles } from "../loading/nodeModelFiles";
import { generate } from "../model/generate";
import { estimateGenerationMemory } from "../model/generationMemory";
import type { Model } from "../model/model";
import { loadCheckpoint, loadFixture } from "../model/testing/openFixture";
import { trace } from "../tracing/trace";
import { estimateTraceMemory } from "../tracing/traceMemory";
import { collectStatistics } from "./statistics";
import { estimateStatisticsMemory } from "./statisticsMemory";
import { estimateTargetMemory } from "./targetMemory";
import { targetRows } from "./targetRows";
import { optimiseTarget } from "./targets";

const root = resolve(import.meta.dirname, "../..");
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

/** Estimated over measured. */
const LEAST = 1;
const MOST = 1.75;

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

async function expectEstimate(name: string, estimate: number, body: () => Promise<unknown>): Promise<void> {
  const ratio = estimate / (await peakBytes(body));
  expect(ratio, name).toBeGreaterThanOrEqual(LEAST);
  expect(ratio, name).toBeLessThanOrEqual(MOST);
}

const TRACES: { kind: "state" | "mlp"; samples: number }[] = [
  { kind: "state", samples: 10 },
  { kind: "state", samples: 3 },
  { kind: "mlp", samples: 6 },
];
const TEXT = "The capital of the country that lies north of Italy is called";

function describeJobs(name: string, open: () => Promise<Model>, traces = TRACES): void {
  describe(name, () => {
    let model: Model;
    beforeAll(async () => {
      model = await open();
      // The rotary tables grow with the longest text and belong to the model.
      await generate(model, { ...GENERATE, prompt: TEXT.repeat(2), maxTokens: 1 }, QUIET);
    });
    afterAll(() => model.dispose());

    test("generation", async () => {
      const promptTokens = model.tokenizer.encode(TEXT).ids.length;
      const size = { batch: 1, promptTokens, newTokens: 12 };
      const estimate = estimateGenerationMemory(model.config, "wasm", size);
      await expectEstimate("generation", estimate, () =>
        generate(model, { ...GENERATE, prompt: TEXT, maxTokens: 12 }, QUIET),
      );
    });

    test.each(traces)("a trace of $kind with $samples samples", async ({ kind, samples }) => {
      const request: TraceRequest = { ...TRACE, kind, samples };
      const { tokens } = model.tokenizer.encode(request.prompt);
      const firstToken = tokens.findIndex(({ end }) => end > request.prompt.indexOf("country"));
      const keepsOutputs = kind !== "state";
      const size = {
        samples: request.samples,
        tokens: tokens.length,
        firstToken,
        keepsOutputs,
        hasSecondRun: false,
      };
      const estimate = estimateTraceMemory(model.config, "wasm", size);
      await expectEstimate(`trace ${kind}`, estimate, () => trace(model, request, [], QUIET));
    });

    test("statistics", async () => {
      const layer = model.config.layers - 2;
      const texts = Array.from({ length: 100 }, (_, i) => TEXT.slice(i % 7));
      const longestText = Math.max(...texts.map((text) => model.tokenizer.encode(text).ids.length));
      const { device } = estimateStatisticsMemory(model.config, "wasm", { layers: 1, longestText });
      await expectEstimate("statistics", device, () =>
        collectStatistics(model, { layers: [layer], texts }, QUIET),
      );
    });

    test("a target vector", async () => {
      const layer = Math.floor(model.config.layers / 3);
      const ids = model.tokenizer.encode(TEXT).ids;
      const answer = ids.slice(0, 2);
      const texts = Array.from({ length: 12 }, () => ({ text: TEXT, ids, lookup: 6 }));
      const rows = targetRows(texts, answer, { text: TEXT, ids: ids.slice(0, 9), lookup: 6 });
      const size = { layer, rows: 13, before: 6, from: ids.length + 1 - 6, answerTokens: 2 };
      const estimate = estimateTargetMemory(model.config, "wasm", size);
      await expectEstimate("target", estimate, () =>
        optimiseTarget(model, rows, { layer, kind: "mlpRaw" }, { ...TARGET, steps: 2 }),
      );
    });
  });
}

const GENERATE = { top: 1, temperature: 0, seed: 1, chat: false, stop: [], ignoreEnd: true };
const TRACE: TraceRequest = {
  prompt: TEXT,
  subject: "country",
  kind: "state",
  window: 3,
  samples: 1,
  noise: 0.1,
  seed: 1,
  severedNoise: "same",
  naive: false,
};
const TARGET = {
  learningRate: 0.5,
  weightDecay: 0.1,
  klFactor: 0.1,
  clampNormFactor: 4,
  earlyStopLoss: 0,
};

for (const family of ["gpt2", "llama", "gptj", "gemma3", "qwen3"]) {
  describeJobs(family, () => loadFixture(read, family));
}
describeJobs("tiny-facts2-llama", () => loadFixture(read, "tiny-facts2-llama", { precision: "int8" }));

describe.skipIf(smolLm2Path === undefined)("a real model", () => {
  // One small trace: on a model of this size it takes long enough.
  describeJobs(
    "SmolLM2-135M-Instruct",
    async () => loadCheckpoint(await openCheckpoint(await nodeModelFiles(smolLm2Path!)), "float16"),
    [{ kind: "state", samples: 2 }],
  );
});
