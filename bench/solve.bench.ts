/**
 * The closed forms' linear algebra at f = 1536 (SmolLM2's width) in float64 on one thread: 100 facts through C's factor,
 * which a session computes once per layer, against the whole f × f system as the published code solves it for every
 * batch; AlphaEdit likewise; and its projector. The whole system is solved three ways: by plain elimination, which is what the
 * published line says; by Cholesky on the same kernels as the low-rank form; and by the published line in PyTorch (solve.py).
 * Times are CPU seconds of each process, the best of several.
 */
import { execFileSync } from "node:child_process";
import { cholesky } from "../src/linalg/cholesky";
import { solveKeysDense, solveKeysLowRank, solveProjectedKeys } from "../src/linalg/lowRank";
import { relativeDifference } from "../src/linalg/norms";
import { nullSpace, projectOnNullSpace } from "../src/linalg/nullSpace";
import { productOfRows } from "../src/linalg/rowProducts";
import { factorSpd } from "../src/linalg/solveSpd";
import { solveByElimination } from "./solveByElimination";
import { writeResult } from "./writeResult";

const [F, N, D, LAMBDA] = [1536, 100, 576, 15];
const RUNS = 4;

/** A linear congruential generator: the numbers need only be spread. */
function uniform(): () => number {
  let state = 1;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648 - 0.5;
}

/** A second moment with a decaying spectrum, the tail in the noise, as activations have. */
function moment(draw: () => number): Float64Array {
  const rank = 400;
  const factors = Float64Array.from({ length: F * rank }, (_, at) => (draw() * 12) / (1 + (at % rank)));
  const c = new Float64Array(F * F);
  for (let i = 0; i < F; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1e-3 * (1 + (i % 7)) : 0;
      for (let k = 0; k < rank; k++) sum += factors[i * rank + k]! * factors[j * rank + k]!;
      c[i * F + j] = sum;
      c[j * F + i] = sum;
    }
  }
  return c;
}

/** λC + K Kᵀ, the system as the published code writes it down. */
function wholeSystem(c: Float64Array, keys: Float64Array): Float64Array {
  const n = keys.length / F;
  const product = productOfRows(keys, keys, F, F, n);
  return product.map((value, at) => value + LAMBDA * c[at]!);
}

function best<T>(runs: number, job: () => T): { seconds: number; result: T } {
  let seconds = Infinity;
  let result!: T;
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    result = job();
    const { user, system } = process.cpuUsage(before);
    seconds = Math.min(seconds, (user + system) / 1e6);
  }
  return { seconds: Number(seconds.toFixed(3)), result };
}

const draw = uniform();
const c = moment(draw);
const keys = Float64Array.from({ length: F * N }, draw);
const factor = best(RUNS, () => cholesky(c, F));
const lowRank = best(RUNS, () => solveKeysLowRank(factor.result, keys, N, LAMBDA));
const dense = best(RUNS, () => solveKeysDense(c, F, keys, LAMBDA));
const elimination = best(2, () => solveByElimination(wholeSystem(c, keys), F, keys, N));
const ten = keys.filter((_, at) => at % N < 10);
const lowRankTen = best(RUNS, () => solveKeysLowRank(factor.result, ten, 10, LAMBDA));
const denseTen = best(RUNS, () => solveKeysDense(c, F, ten, LAMBDA));
const agreement = relativeDifference(lowRank.result, dense.result);
if (agreement > 1e-8) throw new Error(`low-rank and dense differ by ${agreement}`);
const plainAgreement = relativeDifference(lowRank.result, elimination.result);
if (plainAgreement > 1e-8) throw new Error(`low-rank and elimination differ by ${plainAgreement}`);
/** ROME's preparation: the factor with its condition estimate. */
const conditioned = best(2, () => factorSpd(c, F, { kind: "always", amount: 1e-6 }));
const projector = best(1, () => nullSpace(c, F, 2e-2));
const alphaEdit = best(RUNS, () => solveProjectedKeys(projectOnNullSpace(projector.result, keys), F, N, 1));

const script = new URL("../../bench/solve.py", import.meta.url).pathname;
const published = JSON.parse(
  execFileSync("python3", [script, ...[F, N, D, LAMBDA].map(String)], { encoding: "utf8" }),
) as Record<"memit" | "memitTen" | "alphaEdit" | "eigh", number>;

const round = (value: number): number => Number(value.toPrecision(3));
const figures = {
  sizes: { f: F, facts: N, d: D },
  seconds: {
    factorOnce: factor.seconds,
    factorWithCondition: conditioned.seconds,
    lowRank: lowRank.seconds,
    denseHere: dense.seconds,
    densePlain: elimination.seconds,
    lowRankTen: lowRankTen.seconds,
    denseHereTen: denseTen.seconds,
    projector: projector.seconds,
    alphaEditLowRank: alphaEdit.seconds,
    publishedMemit: published.memit,
    publishedMemitTen: published.memitTen,
    publishedAlphaEdit: published.alphaEdit,
    publishedProjector: published.eigh,
  },
  ratios: {
    densePlainOverLowRank: round(elimination.seconds / lowRank.seconds),
    denseHereOverLowRank: round(dense.seconds / lowRank.seconds),
    denseHereOverLowRankTen: round(denseTen.seconds / lowRankTen.seconds),
    publishedOverLowRank: round(published.memit / lowRank.seconds),
    publishedOverLowRankTen: round(published.memitTen / lowRankTen.seconds),
    publishedAlphaEditOverLowRank: round(published.alphaEdit / alphaEdit.seconds),
  },
  /** Multiplications and additions that each form asks for, in thousand millions: what no kernel can change. */
  arithmetic: {
    lowRank: round((2 * F * F * N + 4 * F * N * N) / 1e9),
    denseByCholesky: round((F ** 3 / 3 + F * F * N + 2 * F * F * N) / 1e9),
    publishedMemit: round(((2 / 3) * F ** 3 + 2 * F * F * N + 2 * F * F * N) / 1e9),
    publishedAlphaEdit: round(((2 / 3) * F ** 3 + 2 * F ** 3 + 2 * F * F * N + 2 * F * F * D + 2 * F * N * D) / 1e9),
    alphaEditLowRank: round((4 * F * (projector.result.basis.length / F) * N + 4 * F * N * N) / 1e9),
  }, // prettier-ignore
  agreement,
};
console.log(JSON.stringify(figures, null, 1));
writeResult("solve", figures);
