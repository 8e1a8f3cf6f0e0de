/**
 * AnyEdit over MEMIT and AlphaEdit, and their single-state baselines, on WASM against the AnyEdit repository's own runs.
 * The repository holds what SOME needs on one model; the rest is read from ../shared/fixtures, skipped where that is absent.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { scoreAnswers } from "../evaluation/probes";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { norm, relativeDifference } from "../linalg/norms";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "./computeEdit";
import { createMoments } from "./moments";
import { EditStack } from "./stack";
import type { Statistics } from "./statistics";
import { recordError } from "./testing/errorTable";
import { openMoments, toSettings, type StoredTensors } from "./testing/factCases";
import {
  DIVERGENCE_SLACK,
  firstDivergence,
  LONG_MODELS,
  openLongCase,
  openShared,
  sharedTensorsPath,
  signProjections,
  type LongCase,
} from "./testing/longCases";
import { leastSquaresRule, nullSpaceRule } from "./updateRules";
import { denseChange } from "./weightUpdates";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

/** PALIMPSEST_ALL_CASES runs every stored case; otherwise what covers each branch once. */
const ALL = process.env["PALIMPSEST_ALL_CASES"] !== undefined;
const SOME = [
  "02-memit-are-w6-v2",
  "07-memit-baseline-repaired",
  "08-alphaedit-are-w4",
  "09-alphaedit-baseline",
];
const EVERY = [
  "01-memit-are-w4",
  "02-memit-are-w6-v2",
  "03-memit-are-w20",
  "04-memit-are-one-chunk",
  "05-memit-are-batch2",
  "06-memit-baseline",
  "07-memit-baseline-repaired",
  "08-alphaedit-are-w4",
  "09-alphaedit-baseline",
  "10-alphaedit-baseline-repaired",
  "14-memit-are-short-last-chunk",
  "15-memit-are-w2-60steps",
];

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(LONG_MODELS)("%s", (name) => {
  const here = hasFixture(`anyedit/${name}/00-shared/case.json`);
  let model: Model;
  let statistics: Statistics;
  beforeAll(async () => {
    if (!here) return;
    model = await loadFixture(readFixture, name);
    const { layers } = await openShared(name);
    statistics = await openMoments(sharedTensorsPath(name), "C_", layers);
  });
  afterAll(() => (here ? model.dispose() : undefined));

  describe.each(ALL ? EVERY : SOME)("%s", (caseName) => {
    let stored: LongCase;
    let tensor: StoredTensors;
    let result: ComputedResult;
    let chunks: number;
    beforeAll(async () => {
      if (!here) return;
      const opened = await openLongCase(name, caseName);
      ({ stored, tensor } = opened);
      chunks = stored.z.length;
      const settings = { ...toSettings(stored.hparams), ...variant(stored) };
      const call = { method: "AnyEdit" as const, requests: opened.requests, settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], statistics });
    });
    const record = (what: string, error: number) =>
      recordError(`AnyEdit ${stored.method}`, `${name} ${caseName}`, what, error);
    const dumped = (part: string) => result.intermediates.find((one) => one.name === part)!;

    test.runIf(here)("chunks and positions", () => {
      const lookups = stored.positions.flat().slice(0, chunks);
      expect([...dumped("positions").values]).toEqual(lookups);
    });

    test.runIf(here)("states, losses of every pass, shifts", async () => {
      const d = model.config.residualWidth;
      const first = async (part: string) => (await tensor(part)).values.slice(0, chunks * d);
      const error = relativeDifference(Float64Array.from(dumped("h").values), await first("h"));
      record("h", error);
      expect(error).toBeLessThan(stored.tolerance.h_rel);
      stored.z.slice(0, chunks).forEach(({ loss }, at) => {
        const own = result.edit.losses[at]!.map(({ total }) => total);
        expect(own).toHaveLength(loss.length);
        own.forEach((value, step) => {
          const bound = step < 3 ? stored.tolerance.loss_first_three_rel : stored.tolerance.loss_rel;
          expect(
            Math.abs(value - loss[step]!) / Math.max(loss[step]!, 1e-2),
            `chunk ${at} step ${step}`,
          ).toBeLessThan(bound);
        });
      });
      const shift = relativeDifference(Float64Array.from(dumped("delta_z").values), await first("delta_z"));
      record("shift", shift);
      expect(shift).toBeLessThan(stored.tolerance.delta_z_rel);
    });

    test.runIf(here)("ΔW from the stored keys, kept keys and residuals", async (context) => {
      const layers = stored.per_layer!.map(({ layer }) => layer);
      const storesKeys = await tensor(`keys_${layers[0]!}`).then(() => true, () => false); // prettier-ignore
      if (!storesKeys) context.skip();
      const moments = createMoments(statistics, layers, model.config.mlpWidth);
      for (const layer of layers) {
        const keys = await tensor(`keys_${layer}`);
        const kept = await tensor(`keep_${layer}`).then(({ values }) => values, () => new Float64Array(0)); // prettier-ignore
        const rows = await tensor(`residual_${layer}`);
        const [f, n, d] = [keys.shape[0]!, keys.shape[1]!, rows.shape[1]!];
        const {
          mom2_update_weight: lambda,
          nullspace_threshold: threshold,
          L2,
        } = stored.hparams as unknown as Record<string, number>;
        const ofFirst = variant(stored)["loop"] === "published" ? layers[0]! : layer;
        const rule =
          threshold === undefined
            ? leastSquaresRule(await moments.factor(layer), () => moments.values(layer), lambda!)
            : nullSpaceRule(await moments.nullSpace(ofFirst, threshold), L2!);
        const residuals = transpose(rows.values, n, d);
        const x = rule({ f, n, d, keys: keys.values, residuals, kept });
        const update = { kind: "lowRank", weight: "", out: d, in: f, rank: n, u: Float32Array.from(residuals), v: Float32Array.from(x) } as const; // prettier-ignore
        const error = relativeDifference(denseChange(update), (await tensor(`delta_${layer}`)).values);
        record("ΔW from stored keys", error);
        expect(error).toBeLessThan(stored.tolerance.weight_delta_from_stored_keys_and_residual_rel);
      }
    });

    test.runIf(here)("changes of every layer", async () => {
      // Kept keys differ: padding is none here.
      if (caseName.startsWith("05")) return;
      for (const [at, { layer, delta_norm }] of stored.per_layer!.entries()) {
        const change = denseChange(result.edit.updates[at]!);
        expect(Math.abs(norm(change) / delta_norm - 1)).toBeLessThan(0.02);
        const whole = await tensor(`delta_${layer}`).then(({ values }) => values, () => undefined); // prettier-ignore
        const error = whole
          ? relativeDifference(change, whole)
          : relativeDifference(signProjections(change), (await tensor(`delta_${layer}_proj`)).values);
        record(whole ? "ΔW, whole run" : "ΔW projections, whole run", error);
        expect(error).toBeLessThan(0.05);
      }
    });

    test.runIf(here)("the answer's mean NLL afterwards, and where greedy text leaves it", async () => {
      const stack = new EditStack(model.weights, model.hash);
      await stack.add(result.edit);
      const scores = await scoreAnswers(
        model,
        result.edit.requests.map(({ subject, targetNew }) => ({ prompt: subject, answer: targetNew })),
      );
      const left: number[] = [];
      for (const [at, { subject }] of result.edit.requests.entries())
        left.push(await firstDivergence(model, subject, stored.after[at]!));
      await stack.clear();
      expect(stack.state.weightHash).toBe(model.hash);
      scores.forEach(({ logprobs }, at) => {
        const mean = -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
        const truth = stored.after[at]!.mean_nll;
        record("mean NLL after, absolute", Math.abs(mean - truth));
        expect(Math.abs(mean - truth)).toBeLessThan(stored.tolerance.mean_nll_after_abs);
        const place = stored.after[at]!.first_divergence;
        expect(Math.abs(left[at]! - place)).toBeLessThanOrEqual(DIVERGENCE_SLACK);
      });
    });
  });
});

/** What the case's name says and its hyper-parameters do not. */
function variant({ method, case: name }: LongCase): Record<string, string | number | boolean> {
  const baseline = !method.includes("ARE");
  const inner = method.startsWith("AlphaEdit") ? "AlphaEdit" : "MEMIT";
  // One case's last chunk holds nothing new.
  if (!baseline) return { inner, lastWindow: "published" };
  const published = name.includes("baseline") && !name.includes("repaired");
  return {
    inner,
    chunking: "whole",
    keepOthers: false,
    loop: published ? "published" : "repaired",
    ...(inner === "AlphaEdit" ? { earlyStopLoss: 0 } : {}),
  };
}
