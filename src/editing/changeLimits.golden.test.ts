/** RECT and PRUNE by what defines them, and sequential MEMIT by what it is for. No published run of them is at hand. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import type { LowRankUpdate } from "../domain/edit";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { norm, relativeDifference } from "../linalg/norms";
import { cholesky } from "../linalg/cholesky";
import { multiply, solveKeysLowRank } from "../linalg/lowRank";
import { symmetricEigen } from "../linalg/symmetricEigen";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { keepLargest, prune } from "./changeLimits";
import { TemporaryWeights } from "./temporaryWeights";
import { denseChange } from "./weightUpdates";

const NAME = "blocks.1.mlpOut";

let backend: EngineBackend;
let model: Model;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
  model = await loadFixture(readFixture, "gpt2");
});
afterAll(() => {
  model.dispose();
  backend.dispose();
});

const wave = (length: number, seed: number, size: number) =>
  Float32Array.from({ length }, (_, i) => size * Math.sin(seed + 1.7 * i + Math.sqrt(i)));

function update(size: number): LowRankUpdate {
  const { inFeatures, outFeatures } = model.weights.matrix(NAME);
  const [out, rank] = [outFeatures, 3];
  return { kind: "lowRank", weight: NAME, out, in: inFeatures, rank, u: wave(out * rank, 1, size), v: wave(inFeatures * rank, 2, 1) }; // prettier-ignore
}

test("RECT keeps the relatively largest entries, and only those", async () => {
  const change = update(0.1);
  const kept = await keepLargest(change, new TemporaryWeights(model), 0.4);
  const whole = denseChange(change);
  const weight = await model.weights.readBase(NAME); // [in, out]
  const relative = (at: number) => {
    const w = weight[(at % change.in) * change.out + Math.floor(at / change.in)]!;
    return Math.abs(whole[at]! / (w + 1e-8));
  };
  const places = [...kept.values.keys()];
  const chosen = places.filter((at) => kept.values[at] !== 0);
  expect(Math.abs(chosen.length / whole.length - 0.4)).toBeLessThan(0.01);
  chosen.forEach((at) => expect(kept.values[at]).toBeCloseTo(whole[at]!, 6));
  const least = Math.min(...chosen.map(relative));
  const most = Math.max(...places.filter((at) => kept.values[at] === 0).map(relative));
  expect(most).toBeLessThanOrEqual(least);
});

/** Singular values of A [rows, columns], descending. */
function singularValues(a: Float64Array, rows: number, columns: number): Float64Array {
  const gram = multiply(transpose(a, rows, columns), a, columns, rows, columns);
  return symmetricEigen(gram, columns).values.map((value) => Math.sqrt(Math.max(0, value)));
}

test("PRUNE damps what outgrows the unedited weight, and leaves the rest", async () => {
  const before = memory();
  const base = Float64Array.from(await model.weights.readBase(NAME));
  const change = update(2);
  const { in: f, out: d } = change;
  const largest = singularValues(base, f, d)[0]!;
  const given = singularValues(transpose(denseChange(change), d, f), f, d);
  expect(given[0]).toBeGreaterThan(2 * largest);
  const weights = new TemporaryWeights(model);
  await weights.add(change);
  const [pruned] = await prune(model, [change], weights);
  weights.restore();
  const after = singularValues(transpose(denseChange(pruned!), d, f), f, d);
  for (let i = 0; i < 3; i++) {
    const value = given[i]!;
    const expected = value > largest ? Math.log(value) - Math.log(largest) + largest : value;
    expect(after[i]! / expected).toBeCloseTo(1, 3);
  }
  const again = new TemporaryWeights(model);
  await again.add(change);
  const [published] = await prune(model, [change], again, "edited");
  // The undamped change once more than it should be there.
  const [twice, once, whole] = [denseChange(published!), denseChange(pruned!), denseChange(change)];
  const excess = Float64Array.from(twice, (value, at) => value - once[at]!);
  expect(relativeDifference(excess, whole)).toBeLessThan(1e-5);
  const now = Float64Array.from(await again.read(NAME), (value, at) => value - base[at]!);
  expect(relativeDifference(now, transpose(Float64Array.from(twice), d, f))).toBeLessThan(1e-5);
  again.restore();
  expect(memory()).toEqual(before);
  const small = update(1e-3);
  const second = new TemporaryWeights(model);
  await second.add(small);
  expect((await prune(model, [small], second))[0]).toBe(small);
  second.restore();
});

test("keys to be kept lose more than half of their share of the change", () => {
  const [f, n] = [40, 4];
  const c = new Float64Array(f * f);
  for (let i = 0; i < f; i++) c[i * f + i] = 0.01;
  const keys = Float64Array.from(wave(f * n, 3, 1));
  const kept = Float64Array.from(wave(f * n, 5, 1));
  const onKept = (x: Float64Array) => norm(multiply(transpose(x, f, n), kept, n, f, n));
  const free = solveKeysLowRank(cholesky(c, f), keys, n, 1);
  const careful = solveKeysLowRank(cholesky(c, f), keys, n, 1, kept);
  expect(onKept(careful)).toBeLessThan(0.5 * onKept(free));
});
