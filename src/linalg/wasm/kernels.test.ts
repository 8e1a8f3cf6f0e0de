/** The WebAssembly kernels give the bits of their plain twins, and the committed bytes are what the source compiles to. */
import { readFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { LINALG_GENERATED, linalgSource } from "../../../scripts/buildKernels.mjs";
import { subtractWithTiles } from "../rowProductTiles";
import { plainRotations } from "../rowRotations";
import { substitutePlainly } from "../substitution";
import { float64Engine } from "./kernels";
import { productKernels, subtractWithKernels } from "./productKernel";
import { kernelRotations } from "./rotationKernel";
import { substitutionKernels, substituteWithKernels } from "./substitutionKernel";

/** One comparison instead of one for each number. */
const bits = (values: Float64Array): string => Buffer.from(values.buffer).toString("base64");

/** Fixed numbers in (−½, ½). */
function numbers(length: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5);
}

test("the committed bytes are a fresh build of assembly/ (else: npm run build:kernels)", async () => {
  expect(await readFile(LINALG_GENERATED, "utf8")).toBe(await linalgSource());
});

test("where WebAssembly may not compile, the plain loops take over and it is said", async () => {
  expect(float64Engine()).toBe("WebAssembly with SIMD");
  vi.resetModules();
  const refuse = function (): never {
    throw new Error("the page's policy forbids it");
  };
  vi.stubGlobal("WebAssembly", { Module: refuse });
  const anew = await import("./kernels");
  expect(anew.createKernels(8)).toBeUndefined();
  expect(anew.float64Engine()).toMatch(/^plain loops, .*\(the page's policy forbids it\)$/u);
  vi.unstubAllGlobals();
});

describe("T −= A Bᵀ", () => {
  test.each([
    { m: 1, n: 1, depth: 1 },
    { m: 4, n: 4, depth: 2 },
    { m: 5, n: 7, depth: 3 },
    { m: 3, n: 2, depth: 257 },
    { m: 67, n: 195, depth: 300 },
    { m: 130, n: 50, depth: 512 },
    { m: 6, n: 9, depth: 2049 },
    { m: 2, n: 400, depth: 4100 },
    { m: 3, n: 3, depth: 0 },
  ])("$m × $n, depth $depth", ({ m, n, depth }) => {
    const rows = (count: number, seed: number) => {
      const stride = depth + 3;
      return { values: numbers(count * stride + 2, seed), from: 2, stride };
    };
    const [a, b] = [rows(m, 3), rows(n, 5)];
    const start = numbers(m * (n + 1) + 4, 7);
    const target = () => ({ values: Float64Array.from(start), from: 3, stride: n + 1 });
    const [fast, plain] = [target(), target()];
    subtractWithKernels(productKernels()!, fast, a, b, m, n, depth);
    subtractWithTiles(plain, a, b, m, n, depth);
    expect(bits(fast.values)).toBe(bits(plain.values));
    if (depth > 0) expect(bits(fast.values)).not.toBe(bits(start));
  });

  test("T and A may be one matrix", () => {
    const [n, first] = [70, 48];
    const start = numbers(n * n, 11);
    const both = [subtractWithTiles, subtractWithKernels.bind(undefined, productKernels()!)].map(
      (subtract) => {
        const values = Float64Array.from(start);
        const rows = { values, from: first * n, stride: n };
        subtract({ ...rows, from: first * n + first }, rows, rows, n - first, n - first, first);
        return values;
      },
    );
    expect(bits(both[1]!)).toBe(bits(both[0]!));
  });
});

describe("T⁻¹x for rows x", () => {
  test.each([
    { size: 1, count: 1 },
    { size: 5, count: 3 },
    { size: 48, count: 9 },
    { size: 47, count: 64 },
    { size: 64, count: 131 },
  ])("a triangle of $size, $count rows", ({ size, count }) => {
    const triangle = { size, values: numbers(size * size, 13) };
    for (let i = 0; i < size; i++) triangle.values[i * size + i]! += 2;
    const stride = size + 2;
    const start = numbers(count * stride + 1, 17);
    for (const step of [1, -1] as const) {
      const rows = () => ({ values: Float64Array.from(start), from: step === 1 ? 1 : size, stride });
      const [fast, plain] = [rows(), rows()];
      substituteWithKernels(substitutionKernels(size)!, triangle, fast, count, step);
      substitutePlainly(triangle, plain, count, step);
      expect(bits(fast.values)).toBe(bits(plain.values));
      expect(bits(fast.values)).not.toBe(bits(start));
    }
  });

  test("a larger triangle is left to the plain loop", () => expect(substitutionKernels(65)).toBeUndefined());
});

describe("rotations of neighbouring rows", () => {
  test.each([2, 7, 8, 61])("a matrix of %i", (n) => {
    const start = numbers(n * n, 19);
    const draw = numbers(4000, 23).values();
    const order = Array.from({ length: n }, (_, at) => (at * 5 + 1) % n);
    const both = [plainRotations(Float64Array.from(start), n), kernelRotations(start, n)!];
    // More than are gathered at a time.
    for (let sweep = 0; sweep < 40000 / n; sweep++) {
      const upper = sweep % (n - 1);
      both.forEach((rotations) => rotations.begin(upper));
      for (let row = upper; row >= 0 && (row + sweep) % 17 !== 0; row--) {
        const angle = draw.next().value ?? row;
        both.forEach((rotations) => rotations.rotate(Math.sin(angle), Math.cos(angle)));
      }
    }
    const [plain, fast] = both.map((rotations) => rotations.inOrder(order));
    expect(bits(fast!)).toBe(bits(plain!));
    expect(bits(fast!)).not.toBe(bits(start));
  });
});
