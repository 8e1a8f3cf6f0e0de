/** Registers what must hold of weights in 16 and 8 bits, on whatever backend the caller has started. */
import { describe, expect, test } from "vitest";
import type { Precision } from "../../domain/model";
import { memory } from "../../gpu/tensor";
import { memorySource } from "../../loading/byteSource/memorySource";
import { openCheckpoint } from "../../loading/checkpoint";
import type { Model } from "../model";
import { FAMILIES } from "./describeGolden";
import { loadCheckpoint, loadFixture, openExpected, relativeError, type ReadFixture } from "./openFixture";
import { logitsOf, roundedError, ROUNDED_CASES, withDecodedMatrices } from "./precisionErrors";

/**
 * Rounding one weight is off by r of its size: 2^-11 at most for float16; for int8 half a step of largest / 127, where
 * the largest of 32 normal numbers is about 2.2 times their root mean square, so 2.2 / 254 at most. A sum of products
 * with such errors, independent of each other, is off by r / √3 of its size, and the models' `depth` products in a row
 * add up as their root. Of that, sixteen times are allowed: four because the fixture measures the largest of some ten
 * thousand numbers, four because these models have random weights, which pass errors on instead of damping them (the
 * worst seen is 12, in the edited qwen2). That the kernels compute with exactly the rounded weights is tested sharply.
 */
const ROUNDING: Readonly<Record<Exclude<Precision, "float32">, number>> = {
  float16: 2 ** -11,
  int8: 2.2 / 254,
};

/** Matrices that a number passes one after the other: two of attention and two of the MLP in every block, and both tables. */
const depth = ({ config }: Model): number => 4 * config.layers + 2;

const boundOf = (model: Model, precision: Exclude<Precision, "float32">): number =>
  16 * (ROUNDING[precision] / Math.sqrt(3)) * Math.sqrt(depth(model));

/** The same numbers multiplied in another order: float32 arithmetic's own error. */
const ARITHMETIC = 1e-6;

const PRECISIONS = ["float16", "int8"] as const;

export function describePrecision(read: ReadFixture): void {
  describe.each(FAMILIES)("%s", (family) => {
    test.each(PRECISIONS)(
      "in %s is off by the rounding of its weights, and by no more",
      async (precision) => {
        const expected = await openExpected(read, family);
        const ids = expected.prompts[0]!.ids;
        const before = memory().tensors;
        const model = await loadFixture(read, family, { precision });
        expect(model.baseHash).not.toBe(model.hash);
        for (const name of ROUNDED_CASES) {
          const error = await roundedError(name, model, expected);
          expect(error, name).toBeLessThanOrEqual(boundOf(model, precision));
        }
        const logits = await logitsOf(model, ids);
        const decoded = await withDecodedMatrices(model, () => logitsOf(model, ids));
        expect(relativeError(logits, decoded)).toBeLessThanOrEqual(ARITHMETIC);
        model.dispose();
        expect(memory().tensors).toBe(before);
      },
    );
  });

  const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

  test.each([
    ["gpt2", "bf16"],
    ["gpt2", "f16"],
    ["llama", "bf16"],
    ["llama", "f16"],
  ] as const)("%s/%s in 16 bits loses nothing: equal hash and equal bits", async (family, variant) => {
    const { prompts } = await openExpected(read, family);
    const results = [];
    for (const precision of ["float32", "float16"] as const) {
      const model = await loadFixture(read, family, { variant, precision });
      results.push({ hash: model.baseHash, logits: bits(await logitsOf(model, prompts[0]!.ids)) });
      model.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });

  test.each(["tiny-llama-q8_0.gguf", "tiny-gpt2-q8_0.gguf"])(
    "%s in 8 bits loses nothing: equal hash and equal bits",
    async (file) => {
      const source = memorySource(file, await read(`gguf/${file}`));
      const checkpoint = await openCheckpoint(new Map([[file, source]]));
      const results = [];
      for (const precision of ["float32", "int8"] as const) {
        const model = await loadCheckpoint(checkpoint, precision);
        results.push({ hash: model.baseHash, logits: bits(await logitsOf(model, [5, 9, 2, 40, 7])) });
        model.dispose();
      }
      expect(results[1]).toEqual(results[0]);
    },
  );
}
