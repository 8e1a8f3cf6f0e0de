/**
 * `export` as a user runs it; and its adapters loaded into Hugging Face PEFT, where a Python with torch, transformers and
 * peft is at hand (PALIMPSEST_PYTHON, or python3).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const MODEL = join(ROOT, "tests/fixtures/models/llama");
const PYTHON = process.env["PALIMPSEST_PYTHON"] ?? "python3";
const hasPeft = spawnSync(PYTHON, ["-c", "import torch, peft, transformers"]).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-export-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function palimpsest(...words: string[]): { code: number | null; json: Record<string, unknown> } {
  const bin = join(ROOT, process.env["PALIMPSEST_CLI"] ?? "bin/palimpsest.mjs");
  const { status, stdout } = spawnSync(process.execPath, [bin, ...words, "--json"], { encoding: "utf8" });
  return { code: status, json: JSON.parse(stdout) as Record<string, unknown> };
}

test("an edit file becomes an adapter; an empty stack and an unknown format do not", () => {
  const edits = join(folder, "e.palimpsest");
  const out = join(folder, "adapter");
  const model = ["--model", MODEL];
  const fact = ["--prompt", "The {} is in", "--subject", "tower", "--target", "the house"];
  const quick = ["--set", "mom2_adjustment=false", "v_num_grad_steps=2"];
  palimpsest("edit", ...model, ...fact, ...quick, "--out", edits);
  const written = palimpsest("export", ...model, "--edits", edits, "--format", "peft", "--out", out);
  expect(written.code).toBe(0);
  expect(written.json).toMatchObject({
    format: "peft",
    weights: [{ name: "model.layers.1.mlp.down_proj", shape: [32, 64], rank: 1 }],
    leftOut: [],
  });
  expect(written.json["largestDifference"]).toBeLessThan(1e-6);
  const config = JSON.parse(readFileSync(join(out, "adapter_config.json"), "utf8")) as object;
  expect(config).toMatchObject({ peft_type: "LORA", r: 1, lora_alpha: 1, fan_in_fan_out: false });
  expect(existsSync(join(out, "adapter_model.safetensors"))).toBe(true);

  const empty = join(folder, "empty.palimpsest");
  palimpsest("stack", ...model, "--edits", edits, "--remove", "0", "--out", empty);
  const none = palimpsest(
    "export",
    ...model,
    "--edits",
    empty,
    "--format",
    "peft",
    "--out",
    join(folder, "x"),
  );
  expect(none).toMatchObject({ code: 1, json: { error: { code: "bad-request" } } });
  expect(existsSync(join(folder, "x"))).toBe(false);
  const unknown = palimpsest("export", ...model, "--edits", edits, "--format", "onnx", "--out", out);
  expect(unknown).toMatchObject({ code: 2, json: { error: { code: "usage" } } });
});

test.skipIf(!hasPeft)("Hugging Face PEFT computes what the lab does, on every kind of module", () => {
  const script = join(ROOT, "tests/peft/checkAdapters.py");
  const { status, stdout, stderr } = spawnSync(PYTHON, [script, "gpt2", "qwen2"], { encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
});
