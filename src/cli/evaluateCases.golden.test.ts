/** `eval` on every benchmark's form: measures that fit together, and rows that survive being killed. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixturePath } from "../../tests/sharedFixtures";
import type { BenchmarkName } from "../domain/benchmark";
import type { MeasureSummary } from "../evaluation/benchmarks/summarise";
import { createLab } from "../lab/createLab";
import { nodeEnvironment } from "../lab/nodeEnvironment";
import { parseOptions } from "./arguments";
import type { CaseLine } from "./caseFile";
import { COMMON } from "./command";
import { evaluate } from "./commands/eval";

const ROOT = join(import.meta.dirname, "../..");
const MODEL = ["--model", "embedded:tiny-facts2-gpt2"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-eval-"));
  writeFileSync(at("contexts.json"), '["{}"]');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const words = (benchmark: BenchmarkName, ...more: string[]): string[] => [
  ...[...MODEL, "--benchmark", benchmark, "--data", fixturePath(`benchmarks/${benchmark}.json`)],
  ...["--contexts", at("contexts.json"), ...more],
];
const ROME = ["--method", "ROME", "--layers", "1", "--set", "mom2_adjustment=false", "--set", "v_num_grad_steps=8"]; // prettier-ignore
const LONG = ["--method", "UnKE", "--set", "steps=3", "--set", "trainSteps=3", "--set", "preserveTexts=1"];

type Result = {
  rows: CaseLine[];
  summary: { cases: number; failed: number; measures: MeasureSummary[]; categories: Record<string, unknown> };
};

async function run(list: readonly string[]): Promise<Result & { text: string }> {
  const options = parseOptions(list, { ...evaluate.options, ...COMMON });
  const lab = createLab(nodeEnvironment({ backend: "wasm" }));
  const call = { signal: new AbortController().signal, onProgress: () => undefined };
  const { json, text } = await evaluate.run(options, { lab, call });
  expect((await lab.stack({}, call)).line).toBe("base model");
  return { ...(json as Result), text };
}

const timeless = (rows: readonly CaseLine[]) => rows.map(({ milliseconds: _, ...row }) => row);
const of = ({ summary }: Result, name: string) => summary.measures.find(({ measure }) => measure === name)!;

describe("cases of a benchmark", () => {
  test("CounterFact: ES, PS, NS and S before and after", async () => {
    const result = await run(words("counterfact", ...ROME, "--fluency", "8"));
    expect(result.summary).toMatchObject({ cases: 4, failed: 0 });
    expect(of(result, "rewrite_success").after).toBeGreaterThan(of(result, "rewrite_success").before);
    const parts = ["rewrite", "paraphrase", "neighbourhood"].map((kind) => of(result, `${kind}_success`));
    for (const part of parts) expect(part.after).toBeGreaterThanOrEqual(0);
    expect(of(result, "score").after).toBeLessThanOrEqual(100 * Math.max(...parts.map(({ after }) => after)));
    for (const { definition, measure } of result.summary.measures) expect(definition, measure).not.toBe("");
    expect(of(result, "locality").before).toBe(1);
    expect(result.text).toMatch(/^\{"case":"10"/);
  });

  test("zsRE and KnowEdit: accuracies, portability and locality by kind; what cannot be edited is named", async () => {
    const facts = await run(words("zsre", ...ROME));
    expect(of(facts, "portability.Reasoning").cases).toBe(1);
    expect(of(facts, "specificity.NQ").cases).toBe(2);
    const known = await run(words("knowedit", ...ROME));
    expect(known.rows.map(({ case: id }) => id)).toEqual(["0", "1", "2", "3.0", "3.1"]);
    expect(of(known, "portability").cases).toBe(2);
    expect(of(known, "locality.Retained").cases).toBe(2);
    expect(of(known, "rewrite_accuracy").after).toBeGreaterThan(of(known, "rewrite_accuracy").before);
  });

  test.each(["unke", "editeverything", "akew"] as const)("%s: what is written when asked", async (name) => {
    const result = await run(words(name, ...LONG));
    expect(result.summary.failed).toBe(0);
    expect(of(result, "nll").after).not.toBe(of(result, "nll").before);
    expect(of(result, "original_rougeL").after).toBeLessThanOrEqual(1);
    expect(result.rows[0]!.texts!.length).toBeGreaterThan(0);
    if (name === "editeverything") expect(Object.keys(result.summary.categories)).toEqual(["news", "poetry"]);
  });

  test("a target that is too long ends its case, not the run", async () => {
    const records = JSON.parse(readFileSync(fixturePath("benchmarks/editeverything.json"), "utf8")) as { answer: string }[]; // prettier-ignore
    records[0]!.answer = "Paris ".repeat(200);
    writeFileSync(at("long.json"), JSON.stringify(records));
    const list = words("editeverything", ...LONG).map((word) =>
      word.endsWith("everything.json") ? at("long.json") : word,
    );
    const { summary, rows } = await run(list);
    expect(summary).toMatchObject({ cases: 2, failed: 1 });
    expect(rows[0]!.error).toMatchObject({ code: "prompt-too-long" });
  });

  test("shards are the whole, shared out; nonsense is refused before a model is opened", async () => {
    const quick = [...ROME.slice(0, -1), "v_num_grad_steps=2"];
    const whole = await run(words("counterfact", ...quick));
    const parts = [];
    for (const shard of ["1/3", "2/3", "3/3"]) parts.push(await run(words("counterfact", ...quick, "--shard", shard))); // prettier-ignore
    const rows = parts.flatMap((part) => part.rows).sort((a, b) => a.index - b.index);
    expect(timeless(rows)).toEqual(timeless(whole.rows));
    for (const shard of ["0/2", "3/2", "x"]) {
      await expect(run(words("counterfact", "--shard", shard))).rejects.toMatchObject({ code: "usage" });
    }
    await expect(run(MODEL.concat("--data", at("contexts.json")))).rejects.toThrow(/--benchmark/);
    await expect(run(words("counterfact").map((word) => (word === "counterfact" ? "counterfat" : word)))).rejects.toThrow(/no benchmark “counterfat”/); // prettier-ignore
    await expect(run(words("zsre").map((word) => (word === "zsre" ? "unke" : word)))).rejects.toThrow(/but of zsre/); // prettier-ignore
  });
});

describe("an evaluation that is killed", () => {
  // Enough steps that nobody is so slow as to miss the middle.
  const list = () => words("counterfact", ...ROME.slice(0, -1), "v_num_grad_steps=30");

  test("goes on where it was, and comes to the same rows", async () => {
    const file = at("killed.jsonl");
    const child = spawn(process.execPath, [join(ROOT, "bin/palimpsest.mjs"), "eval", ...list(), "--resume", file], { cwd: ROOT, stdio: "ignore" }); // prettier-ignore
    const closed = new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_code, signal) => resolve(signal))); // prettier-ignore
    const lines = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0);
    while (lines() < 2 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    expect(await closed).toBe("SIGKILL");
    const kept = lines();
    expect(kept).toBeGreaterThanOrEqual(2);
    expect(kept).toBeLessThan(5);
    // A row that was being written when the process died.
    writeFileSync(file, `${readFileSync(file, "utf8")}{"case":"13","ind`);
    const resumed = await run([...list(), "--resume", file]);
    const whole = await run(list());
    expect(timeless(resumed.rows)).toEqual(timeless(whole.rows));
    expect(resumed.summary).toEqual(whole.summary);
    expect(lines()).toBe(5);
    const again = await run([...list(), "--resume", file]);
    expect(again.rows).toEqual(resumed.rows);
  });

  test("another run's file, and what is no such file, are left alone", async () => {
    const file = at("other.jsonl");
    await run([...list(), "--limit", "1", "--resume", file]);
    const before = readFileSync(file, "utf8");
    await expect(run([...list(), "--seed", "2", "--resume", file])).rejects.toMatchObject({ code: "bad-request" }); // prettier-ignore
    expect(readFileSync(file, "utf8")).toBe(before);
    for (const content of ["{}\n", "no JSON\n", `${before}{"case":1}\n`]) {
      writeFileSync(file, content);
      await expect(run([...list(), "--resume", file])).rejects.toMatchObject({ code: "bad-json" });
      expect(readFileSync(file, "utf8")).toBe(content);
    }
  });
});
