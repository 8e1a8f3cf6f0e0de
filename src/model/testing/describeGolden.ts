/** Registers the golden cases as tests of whatever backend the caller has started. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memory } from "../../gpu/tensor";
import type { Model } from "../model";
import { goldenCases, logitsError } from "./goldenCases";
import { loadFixture, openExpected, type Expected, type ReadFixture } from "./openFixture";

export const FAMILIES = [
  "gpt2",
  "gpt_neox",
  "gptj",
  "llama",
  "llama3",
  "mistral",
  "qwen2",
  "qwen3",
  "gemma3",
  "phi",
  "smollm",
] as const;

type GoldenOptions = {
  read: ReadFixture;
  /** Largest max|a - b| / max(1, max|b|) that passes. */
  bound: number;
};

/** One block of tests per family; call after the backend has been started in a `beforeAll` of the file. */
export function describeGolden(family: string, { read, bound }: GoldenOptions): void {
  describe(family, () => {
    let model: Model;
    let expected: Expected;
    beforeAll(async () => {
      expected = await openExpected(read, family);
      model = await loadFixture(read, family);
    });
    afterAll(() => model.dispose());

    test.each(goldenCases)("$name", async ({ applies, error }) => {
      if (!applies({ model, expected })) return;
      // The rotary tables grow with the longest prompt and stay.
      await logitsError({ model, expected }, 2, "p2.logits");
      const before = memory().tensors;
      expect(await error({ model, expected })).toBeLessThanOrEqual(bound);
      expect(memory().tensors).toBe(before);
    });
  });
}

/** Other files of the same models: rounded, sharded, other names, other configuration keys. */
export function describeVariants({ read, bound }: GoldenOptions): void {
  const variants = [
    ["gpt2", "bf16", "bf16."],
    ["gpt2", "f16", "f16."],
    ["gpt2", "sharded", ""],
    ["gpt2", "hub-names", ""],
    ["llama", "bf16", "bf16."],
    ["llama", "f16", "f16."],
    ["llama", "sharded", ""],
  ] as const;

  test.each(variants)("%s/%s", async (family, variant, stored) => {
    await expectLogits(await loadFixture(read, family, { variant }), family, stored);
  });

  test.each(FAMILIES)("%s with the keys of transformers 5", async (family) => {
    await expectLogits(await loadFixture(read, family, { config: "config.v5.json" }), family, "");
  });

  async function expectLogits(model: Model, family: string, stored: string): Promise<void> {
    const expected = await openExpected(read, family);
    for (const prompt of [0, 1]) {
      const error = await logitsError({ model, expected }, prompt, `${stored}p${prompt}.logits`);
      expect(error).toBeLessThanOrEqual(bound);
    }
    model.dispose();
  }
}
