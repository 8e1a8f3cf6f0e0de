/** The linear algebra against 260-bit truth (tests/fixtures/linalg), within each case's own tolerance. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readTensors, tensorOf } from "../../tests/readTensors";
import { AppError } from "../lib/errors";
import { cholesky } from "./cholesky";
import { estimateSpectrum } from "./condition";
import { solveKeysLowRank } from "./lowRank";
import { norm, relativeDifference, trace } from "./norms";
import { factorSpd, solveSpd } from "./solveSpd";
import { transpose } from "./transpose";

const ROOT = "tests/fixtures/linalg";

type Case = {
  operation: string;
  n: number;
  rhs?: number;
  cond2?: number;
  first_bad_pivot?: number;
  tolerance?: { float64: number | null };
};

const cases = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => ({
    name: entry.name,
    ...(JSON.parse(readFileSync(`${ROOT}/${entry.name}/case.json`, "utf8")) as Case),
    tensors: readTensors(`${ROOT}/${entry.name}/tensors.safetensors`),
  }));

describe.each(cases.filter((c) => c.operation === "solve_spd"))(
  "$name",
  ({ n, rhs = 0, cond2 = 0, tolerance, tensors }) => {
    const a = tensorOf(tensors, "A").values;
    const b = tensorOf(tensors, "B").values;
    const bound = tolerance?.float64 ?? null;

    test.runIf(bound !== null)("solves within its tolerance and estimates the condition", () => {
      const { x, ridge, condition } = solveSpd(a, n, b, rhs);
      expect(ridge).toBe(0);
      expect(largestColumnError(x, tensorOf(tensors, "X").values, n, rhs)).toBeLessThanOrEqual(bound!);
      expect(residual(a, x, b, n, rhs)).toBeLessThanOrEqual(20 * n * Number.EPSILON);
      expect(condition).toBeGreaterThan(cond2 / 4);
      expect(condition).toBeLessThan(cond2 * 1.1);
    });

    test.runIf(bound !== null && tensors.has("L"))("finds the factor", () => {
      expect(relativeDifference(cholesky(a, n).lower, tensorOf(tensors, "L").values)).toBeLessThan(bound!);
    });

    test.runIf(bound === null)("says that float64 has no digits left", () => {
      expect(() => factorSpd(a, n)).toThrow(AppError);
      const ridged = solveSpd(a, n, b, rhs, { kind: "whenNeeded", amount: 1e-4, conditionLimit: 1e10 });
      expect(ridged.ridge).toBe(1e-4);
      expect(ridged.condition).toBeLessThan(1e10);
    });
  },
);

describe.each(cases.filter((c) => c.operation === "cholesky_must_fail"))(
  "$name",
  ({ n, first_bad_pivot, tensors }) => {
    test("is refused at the right pivot", () => {
      try {
        cholesky(tensorOf(tensors, "A").values, n);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).code).toBe("singular-matrix");
        expect((error as AppError).details).toMatchObject({ pivot: first_bad_pivot, size: n });
        return;
      }
      expect.unreachable("the factorisation succeeded");
    });
  },
);

describe("structure", () => {
  test.each([1, 4, 47, 48, 49, 97, 150])("L Lᵀ gives back a random matrix of size %i", (n) => {
    const a = randomSpd(n);
    const { lower } = cholesky(a, n);
    const product = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++)
        for (let k = 0; k < n; k++) product[i * n + j]! += lower[i * n + k]! * lower[j * n + k]!;
    }
    expect(relativeDifference(product, a)).toBeLessThan(1e-14);
  });

  test("the ridge shifts every eigenvalue by its stated amount", () => {
    const n = 30;
    const a = randomSpd(n);
    const plain = estimateSpectrum(cholesky(a, n));
    const ridge = factorSpd(a, n, { kind: "always", amount: 10 });
    const shift = (10 * trace(a, n)) / n;
    expect(ridge.condition).toBeLessThan(1.01 * ((plain.largest + shift) / (plain.smallest + shift)));
  });

  test.each([0.1, 15000])("the low-rank form equals the dense system, λ = %d", (lambda) => {
    const f = 40;
    const n = 5;
    const c = randomSpd(f);
    const keys = randomVector(f * n, 7);
    const dense = c.map((value) => lambda * value);
    for (let i = 0; i < f; i++) {
      for (let j = 0; j < f; j++)
        for (let k = 0; k < n; k++) dense[i * f + j]! += keys[i * n + k]! * keys[j * n + k]!;
    }
    const expected = solveSpd(dense, f, keys, n).x;
    expect(relativeDifference(solveKeysLowRank(cholesky(c, f), keys, n, lambda), expected)).toBeLessThan(
      1e-9,
    );
  });

  test("a transposed transpose is the matrix", () => {
    const a = randomVector(12, 3);
    expect(transpose(transpose(a, 3, 4), 4, 3)).toEqual(a);
  });
});

function largestColumnError(x: Float64Array, truth: Float64Array, n: number, columns: number): number {
  const column = (m: Float64Array, c: number) =>
    Float64Array.from({ length: n }, (_, i) => m[i * columns + c]!);
  return Math.max(
    ...Array.from({ length: columns }, (_, c) => relativeDifference(column(x, c), column(truth, c))),
  );
}

function residual(a: Float64Array, x: Float64Array, b: Float64Array, n: number, columns: number): number {
  const r = b.map((value) => -value);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++)
      for (let c = 0; c < columns; c++) r[i * columns + c]! += a[i * n + k]! * x[k * columns + c]!;
  }
  return norm(r) / (norm(a) * norm(x) + norm(b));
}

/** A small multiplicative generator: fixed numbers in (−½, ½) without touching the product's random code. */
function randomVector(length: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5);
}

function randomSpd(n: number): Float64Array {
  const g = randomVector(n * n, n + 11);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) a[i * n + j]! += g[i * n + k]! * g[j * n + k]!;
      if (i === j) a[i * n + i]! += 0.1;
    }
  }
  return a;
}
