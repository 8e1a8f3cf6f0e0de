/** Editing in sequence through the shell: the published code's curve, interference predicted and measured, and going on. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LifelongPoint } from "../domain/lifelong";
import { createLab } from "../lab/createLab";
import { nodeEnvironment } from "../lab/nodeEnvironment";
import { fixturePath, hasFixture, wholeFixturePath } from "../../tests/sharedFixtures";
import { parseOptions } from "./arguments";
import { COMMON } from "./command";
import { evaluate } from "./commands/eval";

const ROOT = join(import.meta.dirname, "../..");
const CASES = "editing/tiny-facts2-gpt2";
const CURVE = `${CASES}/lifelong_rome.json`;
const NAMES = [
  "v_lr",
  "v_num_grad_steps",
  "v_weight_decay",
  "clamp_norm_factor",
  "kl_factor",
  "mom2_adjustment",
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-lifelong-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;

/** A fresh lab each time, as a new process would have. */
async function run(
  words: readonly string[],
  signal = new AbortController().signal,
  onNote?: (note: string) => void,
) {
  const options = parseOptions(words, { ...evaluate.options, ...COMMON });
  const lab = createLab(nodeEnvironment({ backend: "wasm" }));
  const call = { signal, onProgress: ({ note }: { note: string }) => onNote?.(note) };
  const { json, text } = await evaluate.run(options, { lab, call });
  return { ...(json as { points: LifelongPoint[]; collapse: unknown }), text };
}

/** 60 facts no request is about, asked as they were trained. */
function writeUntouched(): string {
  type Facts = { facts: { subject: string; relation: string; target: string }[]; relations: Record<string, { templates: string[] }> }; // prettier-ignore
  const { facts, relations } = readJson<Facts>(join(ROOT, "public/models/tiny-facts2-gpt2/facts.json"));
  const { untouched_fact_ids: ids } = readJson<{ untouched_fact_ids: number[] }>(
    fixturePath("editing/requests.json"),
  );
  const list = ids.map((id) => ({ ...facts[id]!, prompt: relations[facts[id]!.relation]!.templates[0] }));
  writeFileSync(at("untouched.json"), JSON.stringify(list));
  return at("untouched.json");
}

function words(more: readonly string[]): string[] {
  const { rome_context_templates: contexts } = readJson<{ rome_context_templates: string[] }>(fixturePath(`${CASES}/second_moments/case.json`)); // prettier-ignore
  writeFileSync(at("contexts.json"), JSON.stringify(contexts));
  return [
    ...["--sequential", "--model", "embedded:tiny-facts2-gpt2", "--method", "ROME", "--layers", "1"],
    ...["--data", fixturePath("editing/requests.json"), "--untouched", writeUntouched()],
    ...["--stats", wholeFixturePath(`${CASES}/second_moments/tensors.safetensors`)],
    ...["--contexts", at("contexts.json"), ...more],
  ];
}

describe("many edits in turn", () => {
  test.runIf(hasFixture(CURVE))(
    "follow the published code's curve, and the closed form's sum is what is measured",
    async () => {
      type Stored = { hparams: Record<string, unknown>; curve: { edits: number; efficacy_p?: number; paraphrase_p?: number; neighborhood_p?: number; untouched_p: number; relative_change: Record<string, number> }[] }; // prettier-ignore
      const { hparams, curve } = readJson<Stored>(fixturePath(CURVE));
      const settings = ["--set", ...NAMES.map((name) => `${name}=${String(hparams[name])}`)];
      const { points, text, collapse } = await run(
        words(["--limit", "10", ...settings, "--svg", at("curve.svg")]),
      );
      expect(points.map(({ edits }) => edits)).toEqual([0, 10]);
      const [start, ten] = points;
      expect(start!.untouched!.p).toBeCloseTo(curve[0]!.untouched_p, 3);
      expect(start).toMatchObject({ efficacy: null, retention: [], norms: [] });
      expect(ten!.efficacy!.p).toBeCloseTo(curve[1]!.efficacy_p!, 1);
      expect(ten!.paraphrases!.p).toBeCloseTo(curve[1]!.paraphrase_p!, 1);
      expect(ten!.neighbourhood!.p).toBeCloseTo(curve[1]!.neighborhood_p!, 1);
      expect(ten!.untouched!.p).toBeCloseTo(curve[1]!.untouched_p, 1);
      expect(ten!.norms[0]!.relativeChange).toBeCloseTo(curve[1]!.relative_change["1"]!, 1);
      for (const [layer] of [ten!.interference.untouched, ten!.interference.edited]) {
        expect(layer).toMatchObject({ layer: 1 });
        expect(layer!.measured).toBeGreaterThan(1);
        expect(layer!.relativeError).toBeLessThan(1e-4);
      }
      expect(text).toMatch(/No collapse/);
      expect(collapse).toBeNull();
      expect(readFileSync(at("curve.svg"), "utf8")).toMatch(/^<svg /);
    },
  );

  test("interrupted and resumed, come to the same points as without", async () => {
    const quick = ["--limit", "3", "--every", "1", "--set", "v_num_grad_steps=3"];
    const whole = await run(words(quick));
    const file = at("resumed.json");
    const stop = new AbortController();
    const interrupted = run(words([...quick, "--resume", file]), stop.signal, (note) => {
      if (note.startsWith("Edit 3")) stop.abort();
    });
    await expect(interrupted).rejects.toMatchObject({ code: "cancelled" });
    expect(readJson<{ points: LifelongPoint[] }>(file).points.map(({ edits }) => edits)).toEqual([0, 1, 2]);
    // Edits of a point begin with those of the point before, which need not stay beside them.
    expect(readdirSync(folder).filter((name) => /^resumed\.json\./u.test(name))).toEqual([
      "resumed.json.2.palimpsest",
    ]);
    const notes: string[] = [];
    const resumed = await run(words([...quick, "--resume", file]), undefined, (note) => notes.push(note));
    expect(notes.filter((note) => note.startsWith("Edit"))).not.toContain("Edit 2 of 3");
    const timeless = (points: readonly LifelongPoint[]) =>
      points.map(({ milliseconds: _, ...point }) => point);
    expect(timeless(resumed.points)).toEqual(timeless(whole.points));
    // Three passes do not reach an answer; the edits say so, and neither the points nor the table keep it back.
    expect(whole.points[1]!.warnings?.join()).toMatch(/did not reach/);
    expect(whole.text).toMatch(/Warning: The optimisation did not reach/);

    const other = run(words([...quick, "--resume", file, "--seed", "2"]));
    await expect(other).rejects.toMatchObject({
      code: "bad-request",
      message: expect.stringMatching(/another sequence/),
    });
    writeFileSync(file, "{}");
    await expect(run(words([...quick, "--resume", file]))).rejects.toMatchObject({ code: "bad-json" });
  });

  test.each(["zsre", "knowedit", "akew", "editeverything"])(
    "of the form of %s are written and asked",
    async (name) => {
      const data = ["--data", fixturePath(`benchmarks/${name}.json`), "--limit", "2", "--every", "2"];
      const few = ["--layers", "1", "--set", "mom2_adjustment=false", "--set", "v_num_grad_steps=2"];
      writeFileSync(at("bare.json"), '["{}"]');
      const { points } = await run(["--sequential", ...["--model", "embedded:tiny-facts2-gpt2"], ...data, ...few, ...["--contexts", at("bare.json")]]); // prettier-ignore
      expect(points.map(({ edits }) => edits)).toEqual([0, 2]);
      expect(points[1]).toMatchObject({ stackEdits: 2, efficacy: { count: 2 } });
      // What should stay is asked where the benchmark says so.
      const kept = { zsre: 2, knowedit: 3 }[name];
      expect(points[1]!.neighbourhood?.count).toBe(kept);
    },
  );

  test("are refused where they make no sense", async () => {
    await expect(run(words(["--every", "0"]))).rejects.toMatchObject({ code: "usage" });
    await expect(run(words(["--shard", "1/2"]))).rejects.toThrow(/--shard is for single cases/);
    writeFileSync(at("tone.json"), JSON.stringify([{ ent: "Peru", pos: ["good"], neg: ["bad"] }]));
    await expect(run(["--sequential", "--model", "nowhere", "--data", at("tone.json")])).rejects.toThrow(
      /record 1 is of ConvSent/,
    );
    await expect(run(words([]).slice(1))).rejects.toThrow(/sequences of edits/);
    writeFileSync(at("nameless.csv"), "prompt,subject\nThe capital of {} is,Peru\n");
    const nameless = words(["--limit", "1"]).map((word) =>
      word.endsWith("untouched.json") ? at("nameless.csv") : word,
    );
    await expect(run(nameless)).rejects.toThrow(/Untouched fact 1 has no answer/);
    writeFileSync(
      at("nameless.csv"),
      "prompt,subject,target\nThe capital of {} is,Peru,Lima\nIt is,Mali,old\n",
    );
    await expect(run(nameless)).rejects.toThrow(/Untouched fact 2 \(“Mali”\): The prompt has neither/);
  });
});
