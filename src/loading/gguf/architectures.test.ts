/**
 * Architectures without a GGUF fixture: the Hugging Face fixtures are converted here by the rules of llama.cpp's
 * converter (names, +1 in Gemma's norms, sorted NeoX heads, metadata keys), and have to come back as they were.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { parseModelConfig } from "../../model/config";
import { memorySource } from "../byteSource/memorySource";
import { openCheckpoint } from "../checkpoint";
import { nodeModelFiles } from "../nodeModelFiles";
import { convertToGguf, GGUF_RULES, type Config } from "../testing/convertToGguf";

const MODELS = resolve(import.meta.dirname, "../../../tests/fixtures/models");
test.each(GGUF_RULES)("$model comes back from a GGUF as it was", async (rules) => {
  const original = await openCheckpoint(await nodeModelFiles(`${MODELS}/${rules.model}`));
  const file = memorySource("model.gguf", await convertToGguf(original, rules));
  const gguf = await openCheckpoint(new Map([[file.name, file]]));

  expect([...gguf.tensorNames.keys()].sort()).toEqual([...original.tensorNames.keys()].sort());
  for (const [name, { shape }] of gguf.tensorNames) {
    expect(shape).toEqual(original.tensorNames.get(name)!.shape);
    const [got, wanted] = [await gguf.readTensor(name), await original.readTensor(name)];
    // One added and taken away again costs a rounding at the size of two.
    const bound = rules.model === "gemma3" && name.endsWith("norm.weight") ? 2 ** -22 : 0;
    const error = wanted.reduce((worst, value, i) => Math.max(worst, Math.abs(value - got[i]!)), 0);
    expect(error, name).toBeLessThanOrEqual(bound);
  }
  const json = JSON.parse(readFileSync(`${MODELS}/${rules.model}/config.json`, "utf8")) as Config;
  expect(parseModelConfig(gguf.config)).toEqual(parseModelConfig({ ...json, ...rules.original }));
});
