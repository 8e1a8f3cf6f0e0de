/** The shell's superposition and the lab's operations around it, on the repository's model: results, files, refusals. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wholeFixturePath } from "../../tests/sharedFixtures";
import type { LabApi } from "../domain/labApi";
import type { Fact, InterferenceCheck } from "../domain/superposition";
import { createLab } from "../lab/createLab";
import { nodeEnvironment } from "../lab/nodeEnvironment";
import { parseOptions } from "./arguments";
import { COMMON } from "./command";
import { edit } from "./commands/edit";
import { visibleJson } from "../lib/visibleText";
import { constructed } from "./commands/constructed";
import { superposition } from "./commands/superposition";

const MODEL = "embedded:tiny-facts2-gpt2";
const STATS = wholeFixturePath("editing/tiny-facts2-gpt2/second_moments/tensors.safetensors");
const FACTS: Fact[] = [
  { prompt: "The capital of {} is", subject: "France", target: "Paris" },
  { prompt: "The capital of {} is", subject: "Norway", target: "Oslo" },
  { prompt: "The official language of {} is", subject: "Portugal" },
  { prompt: "The capital of {} is", subject: "France", target: "Paris" },
  { prompt: "Nobody knows", subject: "Peru", target: "Lima" },
];

let folder: string;
let lab: LabApi;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-superposition-"));
  lab = createLab(nodeEnvironment({ backend: "wasm" }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const call = () => ({ signal: new AbortController().signal, onProgress: () => undefined });
const at = (name: string) => join(folder, name);

function run(...words: string[]) {
  const options = parseOptions(words, { ...superposition.options, ...COMMON });
  return superposition.run(options, { lab, call: call() });
}

describe("superposition in the shell", () => {
  test("per layer, with P, tables and pictures", async () => {
    writeFileSync(at("facts.json"), JSON.stringify(FACTS));
    const given = ["--model", MODEL, "--facts", at("facts.json"), "--stats", STATS];
    const files = ["csv", "layers-csv", "svg", "histogram", "quantiles", "kurtosis"].flatMap((name) => [
      `--${name}`,
      at(name),
    ]);
    const { json, text } = await run(...given, "--layers", "0-2", "--matrix", "--pairs", "2", ...files, "--picture-layer", "1"); // prettier-ignore
    type Layer = { layer: number; kurtosis: number; mean: number; std: number; pairs: { i: number; j: number; p: number }[]; P: number[][] }; // prettier-ignore
    const result = json as { layers: Layer[]; kept: number[]; sameKeys: unknown[]; skipped: unknown[] };
    expect(result).toMatchObject({
      kept: [0, 1, 2, 3],
      sameKeys: [{ index: 3, of: 0 }],
      skipped: [{ index: 4 }],
    });
    expect(result.layers.map(({ layer }) => layer)).toEqual([0, 1, 2]);
    for (const { P, pairs, mean } of result.layers) {
      expect(P[0]![0]).toBeCloseTo(1, 9);
      expect(P[0]![3]).toBeCloseTo(1, 5);
      expect(pairs).toHaveLength(2);
      const off = P.flatMap((row, i) => row.filter((_, j) => i !== j));
      expect(mean).toBeCloseTo(off.reduce((sum, p) => sum + p, 0) / off.length, 9);
      expect(Math.abs(pairs[0]!.p)).toBeCloseTo(Math.max(...off.map(Math.abs)), 9);
    }
    expect(text).toMatch(/Warning: 1 fact is left out, fact 5 \(“Peru”\)/);
    expect(text).toContain("Left out: fact 5 (“Peru”): The prompt has neither {} nor the subject.");
    expect(text).toContain("layer 0: each of the 2 strongest pairs shares one key; --pairs names more");
    expect(text).toContain("Twice in the list: fact 4 (“The capital of France is”) is fact 1 again.");
    for (const name of ["svg", "histogram", "quantiles", "kurtosis"])
      expect(readFileSync(at(name), "utf8")).toMatch(/^<svg /);
    expect(readFileSync(at("svg"), "utf8")).toContain("at layer 1");
    expect(readFileSync(at("csv"), "utf8").trim().split("\r\n")).toHaveLength(1 + 3 * 2);
    expect(readFileSync(at("layers-csv"), "utf8").trim().split("\r\n")).toHaveLength(1 + 3);
  });

  test("models beside each other, from what the command printed for the other one", async () => {
    writeFileSync(at("pair.json"), JSON.stringify(FACTS.slice(0, 3)));
    const given = ["--model", MODEL, "--facts", at("pair.json"), "--stats", STATS, "--layers", "0,1"];
    const { json } = await run(...given);
    const { model, layers } = json as { model: { ref: string; parameters: number }; layers: object[] };
    expect(model.parameters).toBeGreaterThan(1e5);
    const other = { model: { ref: "hf:someone/larger", parameters: 10 * model.parameters }, layers };
    writeFileSync(at("other.json"), visibleJson(other));
    const { text } = await run(...given, "--compare", at("other.json"), "--sizes", at("sizes.svg"));
    expect(text).toMatch(/smallest model first: \S+ (-?[\d.]+), hf:someone\/larger \1\./);
    expect(readFileSync(at("sizes.svg"), "utf8")).toContain("hf:someone/larger");
    writeFileSync(at("other.json"), "{}");
    await expect(run(...given, "--compare", at("other.json"))).rejects.toThrow(/other\.json is not what/);
  });

  test("a layer that was not asked for is not pictured, and files that hold no facts are named", async () => {
    writeFileSync(
      at("two.csv"),
      "prompt,subject\nThe capital of {} is,France\nThe capital of {} is,Norway\n",
    );
    const given = ["--model", MODEL, "--facts", at("two.csv"), "--stats", STATS, "--layers", "0"];
    await expect(run(...given, "--picture-layer", "2")).rejects.toMatchObject({ code: "usage" });
    writeFileSync(at("none.csv"), "a,b\n");
    await expect(run("--model", MODEL, "--facts", at("none.csv"))).rejects.toThrow(/none\.csv has no column/);
  });
});

describe("a constructed memory in the shell", () => {
  const fill = (...words: string[]) =>
    constructed.run(parseOptions(words, { ...constructed.options, ...COMMON }), { lab, call: call() });

  test("loses nothing without superposition, and what is predicted with it", async () => {
    type Memory = {
      meanLoss: number[];
      loss: { predicted: number; measured: number }[];
      largestShare: number;
    };
    const apart = (await fill("--facts", "16", "--width", "16")).json as Memory;
    expect(Math.max(apart.largestShare, ...apart.meanLoss)).toBeLessThan(1e-8);
    const { json, text } = await fill(
      "--facts",
      "16",
      "--width",
      "16",
      "--overlap",
      "0.3",
      "--svg",
      at("memory.svg"),
    );
    const { meanLoss, loss } = json as Memory;
    expect(meanLoss.at(-1)).toBeGreaterThan(0.1);
    for (const { predicted, measured } of loss) expect(predicted).toBeCloseTo(measured, 8);
    expect(text).toContain("16 facts, keys of 16 numbers with overlap 0.3");
    expect(readFileSync(at("memory.svg"), "utf8")).toContain("at the end, as predicted");
  });

  test.each([
    ["--facts", "0"],
    ["--width", "1.5"],
    ["--overlap", "1"],
  ])("%s %s is refused", async (...words) => {
    await expect(fill(...words)).rejects.toMatchObject({ code: "usage" });
  });
});

test("edit --preview tells of every chunk of a long answer, and changes nothing", async () => {
  const words = [
    ...["--model", MODEL, "--method", "AnyEdit", "--stats", STATS, "--preview", at("facts.json")],
    ...["--prompt", "{}", "--subject", "Tell me about Peru.", "--target", "The capital of Peru is Oslo, by the sea."],
    ...["--layers", "1", "--set", "window=4"],
  ]; // prettier-ignore
  const { json, text } = await edit.run(parseOptions(words, { ...COMMON, ...edit.options }), {
    lab,
    call: call(),
  });
  type Preview = {
    requests: number;
    kept: number[];
    chunks: unknown[];
    layers: { coefficients: number[][] }[];
  };
  const { requests, kept, chunks, layers } = json as Preview;
  expect(chunks).toHaveLength(requests);
  expect(requests).toBeGreaterThan(2);
  expect(layers).toHaveLength(1);
  expect(layers[0]!.coefficients.map((row) => row.length)).toEqual(chunks.map(() => kept.length));
  expect(text).toMatch(/Left out: fact 5 \(“Peru”\)[^]*Layer 1\n.*fact/);
  expect((await lab.stack({}, call())).line).toBe("base model");
});

test("edit --check tells what became of the facts, as numbers, words and a picture", async () => {
  const fresh = createLab(nodeEnvironment({ backend: "wasm" }));
  const words = [
    ...[
      "--model",
      MODEL,
      "--method",
      "ROME",
      "--stats",
      STATS,
      "--layers",
      "1",
      "--set",
      "v_num_grad_steps=3",
    ],
    ...["--prompt", "The capital of {} is", "--subject", "France", "--target", "Oslo"],
  ];
  const run = (more: string[]) =>
    edit.run(parseOptions([...words, ...more], { ...COMMON, ...edit.options }), { lab: fresh, call: call() });
  await expect(run(["--check-svg", at("check.svg")])).rejects.toMatchObject({ code: "usage" });
  const { json, text } = await run(["--check", at("facts.json"), "--check-svg", at("check.svg")]);
  const { check } = json as { check: InterferenceCheck };
  expect(check.kept).toEqual([0, 1, 2, 3]);
  expect(check.layers[0]!.relativeError).toBeLessThan(1e-4);
  expect(text).toMatch(/Layer 1: predicted and measured change of 4 facts agree to \d\.\de-\d relative\./);
  expect(text).toMatch(
    /The answers of 1 other facts changed by -?\d\.\d+ on average; the largest loss is “The capital of Norway is”/,
  );
  const svg = readFileSync(at("check.svg"), "utf8");
  expect(svg).not.toMatch(/NaN|Infinity/);
  const dots = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path!.split("z").length - 1);
  expect(dots).toEqual([4, 1]);
});

describe("an edit and a list of facts", () => {
  const request = {
    prompt: "The capital of {} is",
    subject: "France",
    targetNew: "Oslo",
    paraphrases: [],
    neighbours: [],
  };

  test("told beforehand, made, compared; the stack is as it was", async () => {
    await lab.load({ source: { kind: "embedded", name: "tiny-facts2-gpt2" }, backend: "wasm" }, call());
    const edit = {
      method: "R-ROME" as const,
      requests: [request],
      settings: { layer: 1, steps: 3, key: "bare" },
      contexts: ["{}"],
      seed: 1,
      statistics: new Uint8Array(readFileSync(STATS)),
    };
    const preview = await lab.previewInterference({ call: edit, facts: FACTS }, call());
    expect(preview).toMatchObject({ kept: [0, 1, 2, 3], skipped: [{ index: 4 }], requests: 1 });
    const [layer] = preview.layers;
    expect(layer!.coefficients[0]).toBeCloseTo(1, 5);
    expect((await lab.stack({}, call())).edits).toHaveLength(0);

    // What superposition calls P is what the preview tells: one key in the numerator and the denominator.
    const { layers } = await lab.superposition({ facts: FACTS, layers: [1], matrices: ["interference"], statistics: edit.statistics }, call()); // prettier-ignore
    const p = layers[0]!.matrices[0]!.values;
    for (let fact = 0; fact < 4; fact++) expect(layer!.coefficients[fact]).toBeCloseTo(p[fact]!, 5);

    const { editId } = await lab.edit(edit, call());
    const above = { ...edit, requests: [{ ...request, subject: "Norway", targetNew: "Paris" }] };
    await lab.edit(above, call());
    const before = await lab.stack({}, call());
    const check = await lab.checkInterference({ id: editId, facts: FACTS }, call());
    const after = await lab.stack({}, call());
    expect(after).toEqual(before);
    const [at1] = check.layers;
    expect(at1!.relativeError).toBeLessThan(1e-4);
    const own = at1!.facts[0]!.measured;
    at1!.facts.forEach(({ measured }, fact) =>
      expect(Math.abs(measured / own - Math.abs(layer!.coefficients[fact]!))).toBeLessThan(1e-3),
    );
    expect(check.probabilities.map(({ before: known }) => known === null)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(check.probabilities[0]!.after).toBeLessThan(check.probabilities[0]!.before!);
    await expect(lab.checkInterference({ id: "none", facts: FACTS }, call())).rejects.toMatchObject({ code: "bad-request" }); // prettier-ignore

    // A codebook has no keys of the closed form, but answers change all the same.
    const grace = {
      method: "GRACE" as const,
      requests: [{ ...request, targetNew: "Paris" }],
      settings: { steps: 5 },
    };
    const { editId: beside } = await lab.edit({ ...grace, seed: 1 }, call());
    const notes: string[] = [];
    const told = { ...call(), onProgress: ({ note }: { note: string }) => void notes.push(note) };
    const answered = await lab.checkInterference({ id: beside, facts: FACTS }, told);
    expect(answered.layers).toEqual([]);
    expect(answered.probabilities[0]!.after).toBeGreaterThan(answered.probabilities[0]!.before!);
    expect(answered.probabilities[1]!.after).toBeCloseTo(answered.probabilities[1]!.before!, 6);
    expect(notes).toEqual(["Asking every fact before the edit", "Asking every fact after the edit"]);
  });

  test("a C that is singular or of few tokens is told before the edit", async () => {
    await lab.load({ source: { kind: "embedded", name: "tiny-facts2-gpt2" }, backend: "wasm" }, call());
    const texts = ["The capital of France is Paris."];
    const { file } = await lab.statistics({ layers: [1], texts, asFile: true }, call());
    const few = {
      method: "ROME" as const,
      requests: [request],
      settings: { layer: 1 },
      contexts: ["{}"],
      seed: 1,
    };
    const preview = await lab.previewInterference(
      { call: { ...few, statistics: file! }, facts: FACTS },
      call(),
    );
    expect(preview.warnings.join("\n")).toMatch(
      /layer 1 is singular: a ridge of 0\.0001[^]*come from \d tokens/,
    );
  });
});
