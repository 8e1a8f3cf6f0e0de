/** Averages of traces against the published code's single traces and against a twin that averages naive ones. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Progress } from "../domain/progress";
import type { TraceAverageRequest, TracedFact, TraceKind } from "../domain/trace";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { memorySource } from "../loading/byteSource/memorySource";
import { openSafetensors } from "../loading/safetensors/safetensorsTensors";
import type { Model } from "../model/model";
import { loadFixture, readNumbers } from "../model/testing/openFixture";
import { embeddingDeviation } from "./noise";
import { trace } from "./trace";
import { traceAverage } from "./traceAverage";

const NAME = "tiny-facts2-gpt2";
const root = resolve(import.meta.dirname, "../..");
const read = async (path: string) => new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));
const readJson = async <T>(path: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await read(path))) as T;
const quiet = { signal: new AbortController().signal, onProgress: () => undefined };

const ALL: readonly TraceKind[] = ["state", "mlp", "attention"];
const averaged = (facts: readonly TracedFact[], kinds = ALL): TraceAverageRequest => ({
  facts,
  kinds,
  window: 3,
  samples: 4,
  noise: "3sigma",
  seed: 1,
});

let backend: EngineBackend;
let model: Model;
let sigma: number;
let facts: TracedFact[];
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
  model = await loadFixture(read, NAME);
  type Fact = { subject: string; target: string; prompts: { template: string }[] };
  const taught = (await readJson<{ facts: Fact[] }>(`models/${NAME}/facts.json`)).facts;
  sigma = await embeddingDeviation(
    model,
    taught.map(({ subject }) => subject),
  );
  // Subjects of one token and of several, at the prompt's start and at its end.
  facts = [0, 150, 300, 450].map((index) => {
    const { subject, target, prompts } = taught[index]!;
    return { prompt: prompts[index % 3]!.template.replace("{}", subject), subject, answer: target };
  });
});
afterAll(() => {
  model.dispose();
  backend.dispose();
});

test("one fact's average is its published trace minus its published corrupted run", async () => {
  type Case = { prompt: string; subject: string; low_score: number; high_score: number };
  const one = await readJson<Case>(`editing/${NAME}/causal_1/case.json`);
  const bytes = await read(`editing/${NAME}/causal_1/tensors.safetensors`);
  const { tensors } = await openSafetensors(memorySource("tensors.safetensors", bytes));
  const { values } = await readNumbers(tensors, "mlp_w3.mean");
  const request = { ...averaged([one], ["mlp"]), samples: 10 };
  const result = await traceAverage(model, request, sigma, quiet);
  expect(result.total.mean).toBeCloseTo(one.high_score - one.low_score, 4);
  const { layers } = model.config;
  const last = result.maps[0]!.cells[result.roles.indexOf("last")]!;
  last.forEach(({ effect, score }, layer) => {
    const stored = values[values.length - layers + layer]!;
    expect(score).toBeCloseTo(stored, 4);
    expect(effect).toMatchObject({ mean: expect.closeTo(stored - one.low_score, 4) as number, interval: 0 });
  });
});

test("several facts: the same numbers as averaging naive traces by hand, and no tensor left", async () => {
  const wrong = { ...facts[0]!, answer: "Wrongville" };
  const lost = { prompt: "The capital of France is", subject: "Italy" };
  const before = memory();
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => void seen.push(progress);
  const result = await traceAverage(model, averaged([wrong, ...facts, lost]), sigma, {
    ...quiet,
    onProgress,
  });
  expect(memory()).toEqual(before);
  expect(seen.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(result.facts).toBe(facts.length);
  expect(result.skipped).toEqual([
    { index: 0, prompt: wrong.prompt, reason: expect.stringContaining("Wrongville") as string },
    { index: 5, prompt: lost.prompt, reason: expect.stringContaining("not in the prompt") as string },
  ]);
  for (const { kind, cells } of result.maps) {
    const sums = result.roles.map(() => ({ effects: [] as number[], scores: [] as number[] }));
    for (const fact of facts) {
      const settings = { kind, window: 3, samples: 4, noise: 3 * sigma, seed: 1, naive: true } as const;
      const one = await trace(model, { ...settings, ...fact, severedNoise: "published" }, [], quiet);
      one.scores.forEach((row, token) => {
        const { start, end } = one.subject;
        const isLast = token === one.scores.length - 1;
        const holds = [
          token === start,
          token > start && token < end - 1,
          token === end - 1,
          token === end,
          token > end && !isLast,
          isLast,
        ];
        holds.forEach((isHeld, role) => {
          if (isHeld) sums[role]!.effects.push(row[2]! - one.corrupted);
          if (isHeld) sums[role]!.scores.push(row[2]!);
        });
      });
    }
    sums.forEach(({ effects, scores }, role) => {
      const cell = cells[role]?.[2];
      expect(cell?.effect.count ?? 0).toBe(effects.length);
      if (cell === undefined) return;
      const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
      expect(cell.effect.mean).toBeCloseTo(mean(effects), 5);
      expect(cell.score).toBeCloseTo(mean(scores), 5);
    });
  }
});

test("cancelling is heard between and inside facts, and leaves no tensor", async () => {
  const before = memory();
  const controller = new AbortController();
  const onProgress = ({ done }: Progress) => (done === 1 ? controller.abort() : undefined);
  const job = traceAverage(model, averaged(facts), sigma, { signal: controller.signal, onProgress });
  await expect(job).rejects.toMatchObject({ code: "cancelled" });
  expect(memory()).toEqual(before);
});

test.each([
  [[], ALL, /no fact/],
  [[{ prompt: "x y", subject: "z" }], ALL, /None of the 1 facts/],
  [[{ prompt: "x y", subject: "y" }], [], /kind/],
  [[{ prompt: "x y", subject: "y" }], ["mlp", "mlp"] as TraceKind[], /kind/],
])("%j with %j is refused", async (given, kinds, sentence) => {
  const job = traceAverage(model, averaged(given as TracedFact[], kinds), sigma, quiet);
  await expect(job).rejects.toThrow(sentence);
});
