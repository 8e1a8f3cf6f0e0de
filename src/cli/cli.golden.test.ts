/** The command line as a user runs it: processes, exit codes, JSON, files. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wholeFixturePath } from "../../tests/sharedFixtures";
import type { StackState } from "../domain/edit";
import { readSafetensorsTensor } from "../loading/safetensors/readSafetensorsTensor";

const ROOT = join(import.meta.dirname, "../..");
const FIXTURES = join(ROOT, "tests/fixtures");
const MODEL = join(FIXTURES, "models/tiny-facts2-gpt2");
const CASES = join(FIXTURES, "editing/tiny-facts2-gpt2");
const STATISTICS = wholeFixturePath("editing/tiny-facts2-gpt2/second_moments/tensors.safetensors");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Outcome = { code: number | null; out: string; err: string };

function palimpsest(words: string[], interruptAfter?: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "bin/palimpsest.mjs"), ...words], { cwd: ROOT });
    const outcome: Outcome = { code: null, out: "", err: "" };
    child.stdout.on("data", (data: Buffer) => (outcome.out += data.toString()));
    child.stderr.on("data", (data: Buffer) => (outcome.err += data.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...outcome, code }));
    if (interruptAfter !== undefined) setTimeout(() => child.kill("SIGINT"), interruptAfter);
  });
}

async function json<Result>(words: string[]): Promise<Result> {
  const { code, out, err } = await palimpsest([...words, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as Result;
}

const readCase = (name: string) => JSON.parse(readFileSync(join(CASES, name, "case.json"), "utf8")) as never;

describe("the command line", () => {
  test("traces like the published code, from the seed alone", async () => {
    type Stored = {
      prompt: string;
      subject: string;
      high_score: number;
      low_score: number;
      noise_level: number;
    };
    const stored: Stored = readCase("causal_1");
    type Traced = {
      clean: number;
      corrupted: number;
      noise: { level: number };
      scores: number[][];
      kind: string;
    };
    const words = ["trace", "--model", MODEL, "--prompt", stored.prompt, "--subject", stored.subject];
    const svg = join(folder, "trace.svg");
    const csv = join(folder, "trace.csv");
    const traced = await json<Traced>([...words, "--svg", svg, "--csv", csv]);
    expect(traced.clean).toBeCloseTo(stored.high_score, 4);
    expect(traced.corrupted).toBeCloseTo(stored.low_score, 4);
    expect(traced.noise.level).toBeCloseTo(stored.noise_level, 5);
    expect(traced.kind).toBe("state");
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg /);
    expect(readFileSync(csv, "utf8").trim().split("\r\n")).toHaveLength(1 + traced.scores.flat().length);
  });

  test("edits like the published code, writes the stack, opens it again and takes it apart", async () => {
    const stored: { request: unknown; layer: number; hparams: Record<string, unknown>; v_norm: number } =
      readCase("rome_1_mom2");
    const { rome_context_templates: contexts }: { rome_context_templates: string[] } =
      readCase("second_moments");
    const file = (name: string, value: unknown) => {
      writeFileSync(join(folder, name), JSON.stringify(value));
      return join(folder, name);
    };
    const [edits, dump] = [join(folder, "one.palimpsest"), join(folder, "dump.safetensors")];
    const names = [
      "v_lr",
      "v_num_grad_steps",
      "v_weight_decay",
      "clamp_norm_factor",
      "kl_factor",
      "mom2_adjustment",
    ];
    const words = [
      ...[
        "edit",
        "--model",
        MODEL,
        "--method",
        "ROME",
        "--requests",
        file("requests.json", [stored.request]),
      ],
      ...["--layers", String(stored.layer), "--contexts", file("contexts.json", contexts)],
      ...["--stats", STATISTICS, "--out", edits, "--dump", dump],
      ...["--set", ...names.map((name) => `${name}=${String(stored.hparams[name])}`)],
    ];
    type Edited = {
      requests: { after: { p: number } }[];
      probes: Record<string, { after: { pNew: number } }[]>;
    };
    const edited = await json<Edited>(words);
    const after = (stored as unknown as { after: { p_target_new: number }[] }).after;
    const { rewrite, paraphrase, neighborhood } = edited.probes;
    const measured = [...rewrite!, ...paraphrase!, ...neighborhood!].map((probe) => probe.after.pNew);
    after.forEach(({ p_target_new: p }, index) => expect(measured[index]).toBeCloseTo(p, 2));

    const { values } = await readSafetensorsTensor(new Uint8Array(readFileSync(dump)), "v", "dump");
    expect(Math.hypot(...values)).toBeCloseTo(stored.v_norm, 3);

    const stack = await json<StackState>(["stack", "--model", MODEL, "--edits", edits]);
    expect(stack.line).toBe("base + 1 edit");
    const emptied = await json<StackState>(["stack", "--model", MODEL, "--edits", edits, "--remove", "0"]);
    expect(emptied.line).toBe("base model");
    const off = await json<StackState>(["stack", "--model", MODEL, "--edits", edits, "--disable", "0"]);
    expect(off.weightHash).toBe(emptied.weightHash);
    expect(stack.weightHash).not.toBe(emptied.weightHash);

    const other = join(FIXTURES, "models/tiny-facts2-llama");
    const refused = await palimpsest(["stack", "--model", other, "--edits", edits, "--json"]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({ error: { code: "wrong-model" } });
  });

  test("scores and continues, and a score's p is the product over its tokens", async () => {
    type Scored = { p: number; target: { logprob: number; rank: number }[] };
    const question = ["--model", "embedded:tiny-facts2-gpt2", "--prompt", "The capital of France is"];
    const scored = await json<Scored>(["score", ...question, "--target", "Paris"]);
    expect(scored.target[0]!.rank).toBe(1);
    const sum = scored.target.reduce((total, { logprob }) => total + logprob, 0);
    expect(scored.p).toBeCloseTo(Math.exp(sum), 6);
    type Generated = { model: { ref: string; hash: string }; completion: { ids: number[]; text: string } };
    const generated = await json<Generated>(["generate", ...question, "--max-tokens", "5"]);
    expect(generated.model.ref).toBe("embedded:tiny-facts2-gpt2");
    expect(generated.completion.ids).toHaveLength(5);
    expect(generated.completion.text).toMatch(/^ Paris/);
  });

  test("keeps weights in fewer bits when asked: another model by a little, an exact one where the file allows", async () => {
    type Generated = {
      model: { hash: string; precision: string; isExact: boolean };
      next: { id: number; logprob: number }[];
      completion: { text: string };
    };
    const asked = ["--prompt", "The capital of France is", "--max-tokens", "1"];
    const of = (model: string, ...more: string[]) =>
      json<Generated>(["generate", "--model", model, ...asked, ...more]);
    const whole = await of(MODEL);
    expect(whole.model).toMatchObject({ precision: "float32", isExact: true });
    const bytes = await of(MODEL, "--precision", "int8");
    expect(bytes.model).toEqual({ ...whole.model, precision: "int8", isExact: false });
    expect(bytes.completion.text).toBe(whole.completion.text);
    expect(bytes.next[0]!.logprob).not.toBe(whole.next[0]!.logprob);
    expect(bytes.next[0]!.logprob).toBeCloseTo(whole.next[0]!.logprob, 1);
    // The embedded model is kept in half precision.
    const embedded = "embedded:tiny-facts2-gpt2";
    const halves = await of(embedded, "--precision", "float16");
    expect(halves.model).toMatchObject({ precision: "float16", isExact: true });
    expect(halves.next).toEqual((await of(embedded)).next);
    const refused = await palimpsest(["generate", "--model", MODEL, ...asked, "--precision", "int4"]);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--precision is one of float32/) as string,
    });
  });

  test("averages traces by what each token is to its fact, and writes them as files", async () => {
    const facts = [
      { prompt: "The capital of {} is", subject: "France", attribute: "Paris" },
      { prompt: "The capital of {} is", subject: "Norway", attribute: "Oslo" },
      { prompt: "The capital of {} is", subject: "Italy", attribute: "Oslo" },
    ];
    const data = join(folder, "facts.json");
    writeFileSync(data, JSON.stringify(facts));
    const [svg, csv] = [join(folder, "average.svg"), join(folder, "average.csv")];
    type Averaged = {
      facts: number;
      skipped: unknown[];
      roles: string[];
      maps: { kind: string; cells: { effect: { mean: number; interval: number } }[][] }[];
      total: { mean: number };
    };
    const words = ["trace-average", "--model", "embedded:tiny-facts2-gpt2", "--data", data];
    const averaged = await json<Averaged>([...words, "--kinds", "state,attn", "--svg", svg, "--csv", csv]);
    expect(averaged).toMatchObject({ facts: 2, skipped: [{ index: 2 }] });
    expect(averaged.maps.map(({ kind }) => kind)).toEqual(["state", "attn"]);
    // The last state of the last token is the whole answer: its effect is the total one.
    const last = averaged.maps[0]!.cells[averaged.roles.indexOf("last")]!.at(-1)!.effect;
    expect(last.mean).toBeCloseTo(averaged.total.mean, 6);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg /);
    expect(readFileSync(csv, "utf8")).toMatch(/^kind,role,layer/);
  });

  test.each([
    [["trac"], 2, /Did you mean trace/],
    [["trace", "--model", "embedded:tiny-facts2-gpt2"], 2, /--prompt is missing/],
    [["generate", "--model", "/nowhere", "--prompt", "a"], 1, /does not exist/],
    [
      ["generate", "--model", "embedded:tiny-facts", "--prompt", "a"],
      1,
      /There is embedded:palimpsest-facts, embedded:tiny-facts2-gpt2/,
    ],
    [["generate", "--model", "hf:nonsense", "--prompt", "a"], 2, /names no model/],
    [
      ["edit", "--model", MODEL, "--prompt", "The {} is", "--subject", "x"],
      2,
      /needs --prompt, --subject and --target/,
    ],
  ])("%j ends with %i and a sentence", async (words, code, sentence) => {
    const outcome = await palimpsest(words);
    expect(outcome.code).toBe(code);
    expect(outcome.out).toBe("");
    expect(outcome.err).toMatch(sentence);
  });

  test("names the nearest setting", async () => {
    const fact = ["--prompt", "The capital of {} is", "--subject", "France", "--target", "Rome"];
    const outcome = await palimpsest(["edit", "--model", MODEL, ...fact, "--set", "v_lrr=1"]);
    expect(outcome.code).toBe(1);
    expect(outcome.err).toMatch(/v_lr/);
  });

  test("stops when interrupted, with 130", async () => {
    const fact = ["--prompt", "The capital of {} is", "--subject", "France", "--target", "Rome"];
    const slow = ["--set", "v_num_grad_steps=1000", "earlyStopLoss=0", "v_lr=0.001"];
    const outcome = await palimpsest(["edit", "--model", MODEL, ...fact, ...slow], 4000);
    expect(outcome.code).toBe(130);
  });
});
