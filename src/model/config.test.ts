import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { AppError } from "../lib/errors";
import { parseModelConfig } from "./config";

const fixtures = resolve(import.meta.dirname, "../../tests/fixtures");
const models = readdirSync(resolve(fixtures, "models"), { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
);
const readJson = (path: string): unknown => JSON.parse(readFileSync(resolve(fixtures, path), "utf8"));

describe("the fixtures' configurations", () => {
  const families = models.map(({ name }) => name).filter((name) => !name.startsWith("tiny-facts"));

  test.each(families)("%s: published keys and transformers 5 keys give the same model", (name) => {
    const published = parseModelConfig(readJson(`models/${name}/config.json`));
    expect(parseModelConfig(readJson(`models/${name}/config.v5.json`))).toEqual(published);
    expect(published.layerAttention).toHaveLength(published.layers);
  });

  test("gemma3 alternates windows and rotary bases", () => {
    const config = parseModelConfig(readJson("models/gemma3/config.json"));
    expect(config.layerAttention.map(({ window }) => window)).toEqual([8, 8, 8, 8, 8, undefined, 8]);
    expect(config.rotaries.map(({ base }) => base)).toEqual([1e6, 1e4]);
    expect(config.attentionScale).toBeCloseTo(24 ** -0.5);
  });

  test("gpt_neox turns a quarter of each head", () => {
    const config = parseModelConfig(readJson("models/gpt_neox/config.json"));
    expect(config.rotaries).toEqual([{ dims: 4, style: "half", base: 10_000, scaling: { kind: "none" } }]);
    expect(config.residual).toBe("parallelTwoNorms");
  });
});

describe("broken configurations", () => {
  type Case = { file: string; kind: string; expect: "accept" | "reject"; categories: string[]; what: string };
  const cases = (readJson("malformed/manifest.json") as { files: Case[] }).files.filter(
    ({ kind }) => kind === "config",
  );

  test.each(cases)("$file: $what", ({ file, expect: verdict, categories }) => {
    const parse = () =>
      parseModelConfig(parseJson(readFileSync(resolve(fixtures, "malformed", file), "utf8")), file);
    if (verdict === "accept") {
      expect(parse().layers).toBeGreaterThan(0);
      return;
    }
    const error = thrownBy(parse);
    expect(categories).toContain(error.code);
    expect(error.message.length).toBeGreaterThan(20);
    expect(error.message).toContain(file);
  });

  test("no property of Object.prototype changed", () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { hidden_size?: number }).hidden_size).toBeUndefined();
  });

  /** Not JSON at all is the loader's fault to find; here it only stands for its category. */
  function parseJson(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      return [];
    }
  }
});

describe("single settings", () => {
  const llama = readJson("models/llama/config.json") as Record<string, unknown>;

  test.each([
    [{ rms_norm_eps: 0 }, "bad-config", "rms_norm_eps"],
    [{ vocab_size: 1e7 }, "limit", "vocab_size"],
    [{ hidden_size: 1.5 }, "bad-config", "hidden_size"],
    [{ hidden_act: "relu6" }, "unsupported", "hidden_act"],
    [{ eos_token_id: 420 }, "bad-config", "eos_token_id"],
    [{ head_dim: 9 }, "bad-config", "head_dim"],
    [{ rope_scaling: { rope_type: "yarn" } }, "unsupported", "rope_scaling.rope_type"],
    [{ rope_scaling: { type: "linear", factor: -2 } }, "bad-config", "rope_scaling.factor"],
    [{ quantization_config: {} }, "unsupported", "quantization_config"],
    [{ intermediate_size: undefined }, "missing", "intermediate_size"],
  ])("%j is refused as %s", (change, code, field) => {
    const error = thrownBy(() => parseModelConfig({ ...llama, ...change }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(field);
  });

  test.each([
    [{ model_type: "mixtral", num_local_experts: 8 }, "mixture-of-experts"],
    [{ model_type: "mamba", state_size: 16 }, "state-space"],
    [{ model_type: "gemma3", vision_config: {} }, "images"],
    [{ model_type: "t5", is_encoder_decoder: true }, "an encoder"],
    [{ model_type: "gpt2", architectures: ["GPT2ForSequenceClassification"] }, "description"],
  ])("%j: says what is missing", (json, part) => {
    const error = thrownBy(() => parseModelConfig(json));
    expect(error.code).toBe("unsupported");
    expect(error.message).toContain(part);
    expect(error.remedy).toContain("LlamaForCausalLM");
  });
});

function thrownBy(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}
