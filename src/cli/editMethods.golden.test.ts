/** Editing by other methods than ROME as a user runs it: batches, chosen layers, dumps, long answers, refusals. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackState } from "../domain/edit";
import { relativeDifference } from "../linalg/norms";
import { readTensors, tensorOf } from "../../tests/readTensors";
import { wholeFixturePath } from "../../tests/sharedFixtures";

const ROOT = join(import.meta.dirname, "../..");
const MODEL = join(ROOT, "tests/fixtures/models/tiny-facts2-gpt2");
const CASES = join(ROOT, "tests/fixtures/editing/tiny-facts2-gpt2");
const STATISTICS = wholeFixturePath("editing/tiny-facts2-gpt2/second_moments/tensors.safetensors");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-edit-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, value: unknown): string => {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};

function palimpsest(words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "bin/palimpsest.mjs"), ...words, "--json"], {
      cwd: ROOT,
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    child.stderr.on("data", (data: Buffer) => (err += data.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

type Edited = {
  method: string;
  requests: { after: { p: number }; loss: unknown[] }[];
  losses?: unknown[];
  updates: { weight: string; rank: number }[];
};

async function edit(words: string[]): Promise<Edited> {
  const { code, out, err } = await palimpsest(["edit", "--model", MODEL, ...words]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as Edited;
}

test("a batch by EMMET with the fixtures' own names gives the published change", async () => {
  const stored = JSON.parse(readFileSync(join(CASES, "emmet_batch8/case.json"), "utf8")) as {
    requests: unknown[];
    layers: number[];
    hparams: Record<string, unknown>;
  };
  const moments = JSON.parse(readFileSync(join(CASES, "second_moments/case.json"), "utf8")) as {
    memit_context_templates: string[][];
  };
  const names = [
    "v_lr",
    "v_num_grad_steps",
    "v_weight_decay",
    "clamp_norm_factor",
    "kl_factor",
    "mom2_update_weight",
  ];
  const [dump, out] = [join(folder, "emmet.safetensors"), join(folder, "emmet.palimpsest")];
  const edited = await edit([
    ...["--method", "emmet", "--requests", file("requests.json", stored.requests)],
    ...[
      "--layers",
      stored.layers.join(","),
      "--contexts",
      file("contexts.json", moments.memit_context_templates),
    ],
    ...["--stats", STATISTICS, "--dump", dump, "--out", out],
    ...["--set", ...names.map((name) => `${name}=${String(stored.hparams[name])}`)],
  ]);
  expect(edited.method).toBe("EMMET");
  expect(edited.requests).toHaveLength(8);
  expect(edited.updates).toMatchObject([{ weight: "blocks.0.mlpOut", rank: 8 }]);
  const truth = readTensors(join(CASES, "emmet_batch8/tensors.safetensors"));
  const own = readTensors(dump);
  for (const name of ["z", "K.0", "R.0", "X.0", "delta_w.0"]) {
    expect(relativeDifference(tensorOf(own, name).values, tensorOf(truth, name).values), name).toBeLessThan(
      0.02,
    );
  }
  const stack = await palimpsest(["stack", "--model", MODEL, "--edits", out]);
  expect((JSON.parse(stack.out) as StackState).line).toBe("base + 1 edit");
});

test("a long answer by AnyEdit is written chunk by chunk", async () => {
  const requests = file("long.json", [
    {
      id: 1,
      question: "Tell me about Peru.",
      answer: "The capital city of Peru is called Oslo. People in Peru speak Thai.",
    },
  ]);
  const words = [
    "--set",
    "inner=UnKE",
    "window=4",
    "steps=8",
    "v_lr=0.2",
    "trainSteps=10",
    "trainRate=0.002",
  ];
  const edited = await edit(["--method", "AnyEdit", "--requests", requests, "--layers", "2", ...words]);
  expect(edited.losses!.length).toBeGreaterThan(3);
  expect(new Set(edited.updates.map(({ weight }) => weight.split(".")[1]))).toEqual(new Set(["2"]));
  expect(edited.updates.length).toBeGreaterThan(10);
});

test("an unknown method and a layer out of range are refused by name", async () => {
  const fact = ["--prompt", "The {} is in", "--subject", "Louvre", "--target", "Rome"];
  const unknown = await palimpsest(["edit", "--model", MODEL, "--method", "MEMITT", ...fact]);
  expect(unknown.code).toBe(2);
  expect(unknown.out).toContain("Did you mean MEMIT?");
  const outside = await palimpsest([
    "edit",
    "--model",
    MODEL,
    "--method",
    "MEMIT",
    "--layers",
    "3,9",
    ...fact,
  ]);
  expect(outside.code).toBe(2);
  expect(outside.out).toContain("no layer 9");
});
