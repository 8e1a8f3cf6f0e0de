/**
 * The model that ships: its files are those of its manifest, it knows what docs/own-model/metrics.json says, and what was
 * computed before is what the lab's engine computes. Whole measurements are scripts/measureModel.mjs; here a third of the
 * facts in one trained and one held-out wording each, and a sample of the edits and traces.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawKnown, oneQuestionEach } from "../../scripts/measure/factList";
import { openShipped, type Shipped } from "../../scripts/measure/openShipped";
import { recall, type Recall } from "../../scripts/measure/recall";
import { romeCases, romeRow, type RomeRow, type RomeSummary } from "../../scripts/measure/romeScores";
import { statisticsPrecision } from "../../scripts/measure/statisticsPrecision";
import { sampleContexts } from "../editing/contexts";
import type { TraceAverageResult } from "../domain/trace";
import { romeDefaults } from "../editing/settings/romeSettings";
import { embeddingDeviation } from "../tracing/noise";
import { traceAverage } from "../tracing/traceAverage";
import { readTracedFacts } from "../tracing/tracedFacts";

/** PALIMPSEST_ALL_CASES asks every fact, otherwise every third. */
const EVERY = process.env["PALIMPSEST_ALL_CASES"] === undefined ? 3 : 1;

const NAME = "palimpsest-facts";
const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "public/models", NAME);
const measured = join(root, "docs/own-model");
const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;

type Metrics = {
  modelHash: string;
  weights: string;
  facts: number;
  seed: number;
  recall: Recall;
  planted: Pick<Recall, "trained" | "heldOut">;
  effect: { facts: number; total: { mean: number } };
  rome: RomeSummary & { layer: number };
  romeRows: RomeRow[];
};
const metrics = readJson<Metrics>(join(measured, "metrics.json"));
const quiet = { signal: new AbortController().signal, onProgress: () => undefined };

/** The early site: MLPs at the subject's last token; the late one: attention at the last token. */
function expectTwoSites({ maps, roles, layers }: TraceAverageResult, kinds: [string, string]): void {
  const [mlp, attention] = kinds.map((wanted) => {
    const { cells } = maps.find(({ kind }) => kind === wanted)!;
    return roles.map((_, role) => (cells[role] ?? []).map(({ effect }) => effect.mean));
  });
  const strongest = (map: number[][], role: number): number => map[role]!.indexOf(Math.max(...map[role]!));
  const [atSubject, atEnd] = [roles.indexOf("lastSubject"), roles.indexOf("last")];
  expect(strongest(mlp!, atSubject)).toBeLessThan(layers / 2);
  expect(strongest(attention!, atEnd)).toBeGreaterThanOrEqual(layers / 2);
  expect(Math.max(...mlp![atSubject]!)).toBeGreaterThan(Math.max(...mlp![0]!));
  expect(Math.max(...attention![atEnd]!)).toBeGreaterThan(Math.max(...mlp![atEnd]!));
}

let shipped: Shipped;
beforeAll(async () => {
  shipped = await openShipped(folder, root);
});
afterAll(() => shipped.dispose());

describe("the files", () => {
  test("are those of the manifest, byte for byte, and small enough", () => {
    const { files } = shipped.manifest;
    for (const { name, bytes, sha256 } of files) {
      const content = readFileSync(join(folder, name));
      expect(content.length, name).toBe(bytes);
      expect(createHash("sha256").update(content).digest("hex"), name).toBe(sha256);
    }
    const size = (pattern: RegExp): number =>
      files.filter(({ name }) => pattern.test(name)).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(size(/^model\.safetensors$/)).toBeLessThan(16e6);
    expect(size(/^statistics-\d+\.safetensors$/)).toBeLessThan(12e6);
    expect(files.filter(({ name }) => name.startsWith("statistics-"))).toHaveLength(
      shipped.model.config.layers,
    );
  });

  test("are the ones that were measured", () => {
    expect(metrics.modelHash).toBe(shipped.model.hash);
    expect(metrics.weights).toBe(
      shipped.manifest.files.find(({ name }) => name === "model.safetensors")?.sha256,
    );
    expect(metrics.facts).toBe(shipped.facts.facts.length);
    // The page takes the manifest's word for it; here every value was hashed.
    expect(shipped.manifest.modelHash).toBe(shipped.model.hash);
  });

  test("come from one run of make.py, whose log names them", () => {
    const lines = readFileSync(join(measured, "make-log.jsonl"), "utf8").trim().split("\n");
    const steps = lines.map((line) => JSON.parse(line) as { step: string; written?: Record<string, string> });
    const made = Object.assign({}, ...steps.map(({ written }) => written)) as Record<string, string>;
    for (const { name, sha256 } of shipped.manifest.files) {
      if (name !== "mend.safetensors") expect(made[`public/models/${NAME}/${name}`], name).toBe(sha256);
    }
    expect(steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(["train", "plant", "measure", "average"]),
    );
  });

  test("bring the deviation and the contexts that the lab would compute", async () => {
    const { model, facts, prepared } = shipped;
    const subjects = facts.facts.map(({ subject }) => subject);
    expect(prepared.subjectDeviation).toBeCloseTo(await embeddingDeviation(model, subjects), 9);
    expect(await sampleContexts(model, prepared.contexts.seed)).toEqual(prepared.contexts.templates);
  });
});

describe("the measured numbers", () => {
  test("meet what was asked of the model", () => {
    expect(metrics.facts).toBeGreaterThanOrEqual(2000);
    expect(metrics.recall.trained.top1).toBeGreaterThanOrEqual(0.97);
    expect(metrics.recall.heldOut.top1).toBeGreaterThanOrEqual(0.9);
    expect(metrics.recall.trained.meanProbability).toBeGreaterThanOrEqual(0.8);
    expect(metrics.recall.heldOut.meanProbability).toBeGreaterThanOrEqual(0.8);
    expect(metrics.effect.facts).toBeGreaterThanOrEqual(200);
    expect(metrics.effect.total.mean).toBeGreaterThanOrEqual(0.5);
    expect(metrics.rome.edits).toBeGreaterThanOrEqual(200);
    expect(metrics.rome.efficacy).toBeGreaterThanOrEqual(0.98);
    expect(metrics.rome.paraphrase).toBeGreaterThanOrEqual(0.9);
    expect(metrics.rome.neighbourhood).toBeGreaterThanOrEqual(0.9);
    expect(metrics.rome.layer).toBe(romeDefaults(shipped.model.config).layer);
  });

  test("recall: facts in one trained and one held-out wording", async () => {
    // Two questions a fact, one after the other.
    const questions = oneQuestionEach(shipped.facts, metrics.seed);
    const asked = questions.filter((_, at) => Math.floor(at / 2) % EVERY === 0);
    const found = await recall(shipped.model, asked);
    expect(found.trained.questions).toBe(Math.ceil(metrics.facts / EVERY));
    expect(found.trained.top1).toBeGreaterThanOrEqual(0.97);
    expect(found.heldOut.top1).toBeGreaterThanOrEqual(0.9);
    expect(found.trained.meanProbability).toBeGreaterThanOrEqual(0.8);
  }, 900_000);

  test("ROME: a sample of the edits comes out as written", async () => {
    const { model, stack, facts, prepared } = shipped;
    const { layer, edits } = metrics.rome;
    const inputs = { contexts: prepared.contexts.templates, statistics: await shipped.statistics(layer) };
    const cases = romeCases(facts, drawKnown(facts, edits, metrics.seed), metrics.seed);
    for (let index = 0; index < cases.length; index += 25) {
      const { p, ...row } = await romeRow(model, stack, cases[index]!, inputs);
      const { p: before, ...written } = metrics.romeRows[index]!;
      expect(row).toEqual(written);
      expect(p).toBeCloseTo(before, 2);
    }
  }, 900_000);

  test("the committed average trace is one of 200 facts, early in MLPs and late in attention", () => {
    const average = readJson<TraceAverageResult>(join(measured, "trace-average.json"));
    expect(average.facts).toBeGreaterThanOrEqual(200);
    expect(average.layers).toBe(shipped.model.config.layers);
    expectTwoSites(average, ["mlp", "attn"]);
  });

  test("traces: the MLPs at the subject's last token come early, attention at the last token late", async () => {
    const facts = readTracedFacts(readFileSync(join(measured, "traced-facts.json"), "utf8"), "facts");
    expect(facts.length).toBeGreaterThanOrEqual(200);
    const request = { samples: 10, noise: "3sigma" as const, seed: 1, window: 3 };
    const every = facts.filter((_, index) => index % 25 === 0);
    const { prepared, model } = shipped;
    const result = await traceAverage(
      model,
      { ...request, facts: every, kinds: ["mlp", "attention"] },
      prepared.subjectDeviation,
      quiet,
    );
    expect(result.skipped).toEqual([]);
    expect(result.total.mean).toBeGreaterThanOrEqual(0.5);
    expectTwoSites(result, ["mlp", "attention"]);
  }, 900_000);
});

test("shipped statistics give the edits that float64 statistics of the same text give", async () => {
  const texts = readFileSync(join(folder, "corpus.txt"), "utf8").split("\n").filter(Boolean);
  const found = await statisticsPrecision(shipped, metrics.rome.layer, texts, 2);
  expect(found.tokens).toBe((await shipped.statistics(found.layer)).layers.get(found.layer)!.tokens);
  expect(found.moment).toBeLessThan(1e-3);
  for (const { cosine, shipped: half, exact } of found.edits) {
    expect(cosine).toBeGreaterThan(0.999);
    expect(Math.abs(half - exact)).toBeLessThan(0.01);
  }
}, 900_000);
