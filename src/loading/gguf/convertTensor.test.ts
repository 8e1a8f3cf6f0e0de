/** Conversions no fixture has: what llama.cpp's converter does, done here, and then undone by the reader. */
import { describe, expect, test } from "vitest";
import { memorySource } from "../byteSource/memorySource";
import { FLOAT_DECODERS } from "../decoders/floats";
import { readTensor } from "../tensorReader";
import type { Conversion } from "./architecture";
import { convertTensor } from "./convertTensor";
import { llama3Factors, llama3Scaling } from "./llama3Scaling";

const heads = { query: 4, keyValue: 2 };

/** Converts a matrix [rows, columns] that a GGUF holds and reads what comes out, by name. */
async function convert(
  stored: Float32Array<ArrayBuffer>,
  dimensions: number[],
  conversion: Conversion,
  part = "x",
) {
  const source = memorySource("test.gguf", new Uint8Array(stored.buffer));
  const tensor = { decoder: FLOAT_DECODERS.F32, dimensions, begin: 0, end: stored.byteLength };
  const converted = convertTensor({ source, tensor, ggufName: "t", heads }, part, ".weight", conversion);
  const entries = converted.map(
    async ({ name, stored }) => [name, await readTensor(stored), stored.shape] as const,
  );
  return Promise.all(entries);
}

const count = (n: number) => Float32Array.from({ length: n }, (_, i) => i);

test("a fused matrix sorted into queries, keys, values goes back to heads", async () => {
  const [perHead, columns] = [2, 3];
  // Hugging Face: [heads, 3, perHead, columns]; the converter: [3, heads, perHead, columns].
  const original = count(4 * 3 * perHead * columns);
  const grouped = new Float32Array(original.length);
  const run = perHead * columns;
  for (let head = 0; head < 4; head++)
    for (let part = 0; part < 3; part++)
      grouped.set(
        original.subarray((head * 3 + part) * run, (head * 3 + part + 1) * run),
        (part * 4 + head) * run,
      );
  const [, values] = (await convert(grouped, [columns, 24], "groupedQkv"))[0]!;
  expect(values).toEqual(original);
});

test("a fused matrix splits into query, key and value", async () => {
  const stored = count(16 * 5);
  const parts = await convert(stored, [5, 16], "splitQkv", "self_attn.");
  expect(parts.map(([name, , shape]) => [name, shape])).toEqual([
    ["self_attn.q_proj.weight", [8, 5]],
    ["self_attn.k_proj.weight", [4, 5]],
    ["self_attn.v_proj.weight", [4, 5]],
  ]);
  expect(parts.flatMap(([, values]) => [...values])).toEqual([...stored]);
});

test("a fused bias splits likewise", async () => {
  const parts = await convert(count(16), [16], "splitQkv");
  expect(parts.map(([, values]) => [...values].length)).toEqual([8, 4, 4]);
  expect(parts.flatMap(([, values]) => [...values])).toEqual([...count(16)]);
});

test("norm weights lose the one that was added", async () => {
  const [, values] = (await convert(Float32Array.of(1, 1.5, 0.25), [3], "plusOne"))[0]!;
  expect([...values]).toEqual([0, 0.5, -0.75]);
});

test("rows that do not divide among the heads are refused", async () => {
  await expect(convert(count(18), [3, 6], "queryRows")).rejects.toMatchObject({ code: "bad-shape" });
  await expect(convert(count(21), [3, 7], "splitQkv")).rejects.toMatchObject({ code: "bad-shape" });
});

describe("Llama 3's rotary scaling", () => {
  test.each([
    [500_000, 64, 8, 8192],
    [500_000, 32, 32, 8192],
    [10_000, 8, 8, 64],
  ])("base %i, %i pairs, factor %i, length %i is found from its divisors", (theta, pairs, factor, length) => {
    const divisors = Float32Array.from(llama3Factors(theta, pairs, factor, length));
    const scaling = llama3Scaling(divisors, theta, "x.gguf")!;
    expect(scaling).toMatchObject({ rope_type: "llama3", factor });
    // Another length may give the same divisors; what counts is that they are the same.
    const again = llama3Factors(theta, pairs, factor, scaling["original_max_position_embeddings"] as number);
    again.forEach((value, i) => expect(value).toBeCloseTo(divisors[i]!, 4));
  });

  test("divisors of another kind are refused", () => {
    const longrope = Float32Array.of(1, 1.1, 3, 2.5);
    expect(() => llama3Scaling(longrope, 10_000, "x.gguf")).toThrow(/rope_freqs/);
  });
});
