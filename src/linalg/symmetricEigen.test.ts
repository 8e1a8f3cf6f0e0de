/** Eigenvalues, null-space projectors and the two methods' systems against known spectra and 260-bit truth. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readTensors, tensorOf } from "../../tests/readTensors";
import { fixtureFolders, fixturePath } from "../../tests/sharedFixtures";
import { cholesky } from "./cholesky";
import { multiply, solveKeysDense, solveKeysLowRank, solveProjectedKeys } from "./lowRank";
import { norm, relativeDifference } from "./norms";
import { nullSpace, projectOnNullSpace } from "./nullSpace";
import { symmetricEigen } from "./symmetricEigen";
import { transpose } from "./transpose";

type Bound = { float64?: number | null };
type Case = {
  operation: string;
  n: number;
  threshold?: number;
  lambda?: number;
  L2?: number;
  dimension?: number;
  spectral_norm?: number;
  subspaces?: { k: number; gap: number }[];
  tolerance: Record<string, Bound>;
};

const cases = fixtureFolders("linalg").map((name) => ({
  name,
  ...(JSON.parse(readFileSync(fixturePath(`linalg/${name}/case.json`), "utf8")) as Case),
  open: () => readTensors(fixturePath(`linalg/${name}/tensors.safetensors`)),
}));
const of = (operation: string) => cases.filter((one) => one.operation === operation);

describe.each(of("eigh"))("$name", ({ n, open, tolerance, spectral_norm: size = 1, subspaces = [] }) => {
  const tensors = open();
  const a = tensorOf(tensors, "A").values;
  const { values, vectors } = symmetricEigen(a, n);

  test("eigenvalues", () => {
    const truth = tensorOf(tensors, "eigenvalues").values;
    const error = Math.max(...values.map((value, at) => Math.abs(value - truth[at]!)));
    expect(error).toBeLessThanOrEqual(tolerance["eigenvalues_abs"]!.float64!);
  });

  test("A U = U Λ, and U is orthogonal", () => {
    const bound = 50 * n * Number.EPSILON;
    const au = multiply(vectors, a, n, n, n); // rows are (A u)ᵀ
    const ul = vectors.map((value, at) => value * values[Math.floor(at / n)]!);
    expect(norm(au.map((value, at) => value - ul[at]!))).toBeLessThanOrEqual(bound * Math.max(size, 1e-300));
    const gram = multiply(vectors, transpose(vectors, n, n), n, n, n);
    expect(norm(gram.map((value, at) => value - (at % (n + 1) === 0 ? 1 : 0)))).toBeLessThanOrEqual(bound);
  });

  test.each(subspaces)("the leading $k span the known subspace", ({ k, gap }) => {
    const v = tensorOf(tensors, `V${k}`);
    const lead = vectors.subarray(0, k * n);
    const columns = v.shape[1]!;
    const projected = multiply(
      transpose(lead, k, n),
      multiply(lead, Float64Array.from(v.values), k, n, columns),
      n,
      k,
      columns,
    );
    const error = relativeDifference(projected, tensorOf(tensors, `lead${k}_V`).values);
    expect(error).toBeLessThan((1000 * n * Number.EPSILON * Math.max(1, size)) / gap);
  });
});

test("a large cluster of small eigenvalues beside large ones", () => {
  const n = 120;
  const used = 30;
  const x = Float64Array.from({ length: n * used }, (_, i) => Math.sin(1.3 * i + Math.sqrt(i)));
  const c = multiply(x, transpose(x, n, used), n, used, n);
  for (let i = 0; i < n; i++) c[i * n + i]! += 1e-3;
  const { values, vectors } = symmetricEigen(c, n);
  values.subarray(used).forEach((value) => expect(value).toBeCloseTo(1e-3, 11));
  const rebuilt = multiply(
    transpose(vectors, n, n),
    vectors.map((value, at) => value * values[Math.floor(at / n)]!),
    n,
    n,
    n,
  );
  expect(relativeDifference(rebuilt, c)).toBeLessThan(1e-13);
});

describe.each(of("null_space_projector"))("$name", ({ n, open, threshold, dimension, tolerance }) => {
  test("dimension, and P V", () => {
    const tensors = open();
    const space = nullSpace(tensorOf(tensors, "C").values, n, threshold!);
    expect(space.dimension).toBe(dimension);
    const v = tensorOf(tensors, "V").values;
    const projected = projectOnNullSpace(space, v);
    const truth = tensorOf(tensors, "PV").values;
    const largest = Math.max(...projected.map((value, at) => Math.abs(value - truth[at]!)));
    expect(largest).toBeLessThanOrEqual(tolerance["P_max_abs"]!.float64! * n);
    expect(relativeDifference(projectOnNullSpace(space, projected), projected)).toBeLessThan(1e-12);
  });
});

describe.each(of("memit_update"))("$name", ({ open, lambda, tolerance }) => {
  test.each(["low rank", "dense"])("%s", (form) => {
    const tensors = open();
    const { values: c, shape } = tensorOf(tensors, "C");
    const { values: keys, shape: size } = tensorOf(tensors, "K");
    const kept = tensors.has("Kp") ? tensorOf(tensors, "Kp").values : new Float64Array(0);
    const [f, n] = [shape[0]!, size[1]!];
    const x =
      form === "dense"
        ? solveKeysDense(c, f, keys, lambda!, kept)
        : solveKeysLowRank(cholesky(c, f), keys, n, lambda!, kept);
    const bound = (tolerance as unknown as Bound).float64!;
    expect(relativeDifference(x, tensorOf(tensors, "X").values)).toBeLessThan(bound);
  });
});

describe.each(of("alphaedit_update"))("$name", ({ open, L2, threshold, tolerance }) => {
  test("the symmetric form gives the published system's solution, and ΔW C is nothing", () => {
    const tensors = open();
    const { values: c, shape } = tensorOf(tensors, "C");
    const { values: keys, shape: size } = tensorOf(tensors, "K");
    const { values: residuals, shape: outputs } = tensorOf(tensors, "R");
    const [f, n, d] = [shape[0]!, size[1]!, outputs[0]!];
    const p = tensors.has("Kp") ? tensorOf(tensors, "Kp").shape[1]! : 0;
    const all = new Float64Array(f * (n + p));
    for (let row = 0; row < f; row++) {
      all.set(keys.subarray(row * n, (row + 1) * n), row * (n + p));
      if (p > 0) all.set(tensorOf(tensors, "Kp").values.subarray(row * p, (row + 1) * p), row * (n + p) + n);
    }
    const factor = solveProjectedKeys(projectOnNullSpace(nullSpace(c, f, threshold!), all), f, n, L2!);
    const change = multiply(factor, transpose(residuals, d, n), f, n, d);
    // Truth belongs to a projector rounded to float32.
    const bound = (tolerance as unknown as { float32: number }).float32;
    expect(relativeDifference(change, tensorOf(tensors, "X").values)).toBeLessThan(bound);
  });
});
