/**
 * ROME against the published code, for any backend: lookups, keys, losses of every pass, v*, ΔW. The bounds are each
 * case's own, times `slack` (1 on WASM).
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OptimisationStep } from "../../domain/edit";
import { memory } from "../../gpu/tensor";
import { norm, relativeDifference } from "../../linalg/norms";
import { loadFixture, type ReadFixture } from "../../model/testing/openFixture";
import type { Model } from "../../model/model";
import { answerIds, locateFactToken } from "../factToken";
import { rome } from "../methods/rome";
import type { MethodResult } from "../methods/method";
import { readRomeSettings } from "../settings/romeSettings";
import { targetRows } from "../targetRows";
import { optimiseTarget } from "../targets";
import { denseChange } from "../weightUpdates";
import { openRomeCase, ROME_CASES, type RomeCase, type RomeCaseName } from "./romeCases";

type RomeOptions = {
  read: ReadFixture;
  slack: number;
  /** Those to run; software GPUs take a minute for all. */
  cases?: readonly RomeCaseName[];
  /** Whether the slow twin of the cached run is compared too. */
  twin?: boolean;
};

export function describeRome(
  name: string,
  { read, slack, cases = ROME_CASES, twin = true }: RomeOptions,
): void {
  describe(name, () => {
    let model: Model;
    beforeAll(async () => {
      model = await loadFixture(read, name);
    });
    afterAll(() => model.dispose());

    describe.each(cases)("%s", (caseName) => {
      let stored: RomeCase;
      let result: MethodResult;
      beforeAll(async () => {
        stored = await openRomeCase(read, name, caseName);
        result = await runRome(model, stored);
      });

      test("finds the tokens of the published code", () => expectTokens(model, stored));
      test("keys and u", async () => {
        await expectClose(result, stored, "k_mean", stored.tolerance.u_rel * slack);
        await expectClose(result, stored, "k_used", stored.tolerance.u_rel * slack);
        await expectClose(result, stored, "u", stored.tolerance.u_rel * slack);
        await expectClose(result, stored, "target_init", stored.tolerance.u_rel * slack);
        await expectClose(result, stored, "m_used", stored.tolerance.u_rel * slack);
      });
      test("every pass of the optimisation", () => expectSteps(result.losses[0]!, stored, slack));
      test("v*, Λ and ΔW", async () => {
        for (const tensor of ["v_star", "delta", "v"]) {
          await expectClose(result, stored, tensor, stored.tolerance.v_rel * slack);
        }
        await expectChange(result, stored, stored.tolerance.v_rel * slack);
      });
    });

    test.runIf(twin)("the cached run equals the whole one, and both leave nothing behind", () =>
      expectTwin(model, read, name),
    );
  });
}

function runRome(model: Model, stored: RomeCase): Promise<MethodResult> {
  const { editRequest: request, contexts } = stored;
  const { settings } = readRomeSettings(stored.settings, model.config);
  return rome(model, {
    request,
    settings,
    contexts,
    secondMoment: settings.useSecondMoment ? stored.secondMoment : undefined,
  });
}

async function expectTokens(model: Model, stored: RomeCase): Promise<void> {
  const rows = rowsOf(model, stored);
  expect([...rows.labels.subarray(0, rows.answerLength)]).toEqual(stored.target_ids);
  expect(rows.rows.map(({ lookup }) => lookup)).toEqual(stored.lookup_idxs);
  const { shape, values } = await stored.tensor("input_ids");
  const width = shape[1]!;
  const texts = rows.rows.slice(0, -1);
  texts.forEach(({ ids }, row) => {
    expect([...ids]).toEqual([...values.subarray(row * width, row * width + ids.length)]);
  });
  const labels = await stored.tensor("labels");
  const places = [...labels.values.entries()].filter(([, value]) => value >= 0);
  expect(rows.places.slice(0, -1).map(({ row, position }) => row * width + position)).toEqual(
    places.map(([at]) => at),
  );
  expect([...rows.labels]).toEqual(places.map(([, value]) => value));
}

function rowsOf(model: Model, { editRequest: { prompt, subject, targetNew }, contexts }: RomeCase) {
  const texts = contexts.map((context) =>
    locateFactToken(model.tokenizer, context, prompt, subject, "subject_last"),
  );
  const essence = locateFactToken(model.tokenizer, "{}", "{} is a", subject, "subject_last");
  return targetRows(texts, answerIds(model.tokenizer, targetNew), essence);
}

async function expectClose(
  result: MethodResult,
  stored: RomeCase,
  name: string,
  bound: number,
): Promise<void> {
  const found = result.intermediates.find((tensor) => tensor.name === name)!;
  const expected = await stored.tensor(name);
  expect(relativeDifference(Float64Array.from(found.values), expected.values), name).toBeLessThan(bound);
}

function expectSteps(steps: readonly OptimisationStep[], stored: RomeCase, slack: number): void {
  const bound = stored.tolerance.loss_abs * slack;
  expect(steps).toHaveLength(stored.steps.length);
  stored.steps.forEach(({ loss, nll, kl, wd, delta_norm }, index) => {
    const step = steps[index]!;
    expect(Math.abs(step.total - loss)).toBeLessThan(bound);
    expect(Math.abs(step.nll - nll)).toBeLessThan(bound);
    expect(Math.abs(step.kl - kl)).toBeLessThan(bound);
    expect(Math.abs(step.decay - wd)).toBeLessThan(bound);
    expect(Math.abs(step.deltaNorm - delta_norm)).toBeLessThan(
      stored.tolerance.v_rel * slack * Math.max(1, delta_norm),
    );
  });
}

/** ΔW as the checkpoint stores the weight: (f, d) for GPT-2, (d, f) for Llama. */
async function expectChange(result: MethodResult, stored: RomeCase, bound: number): Promise<void> {
  const dumped = result.intermediates.find(({ name }) => name === "delta_w")!;
  const { shape, values } = await stored.tensor("delta_w");
  expect(dumped.shape).toEqual(shape);
  expect(relativeDifference(Float64Array.from(dumped.values), Float64Array.from(values))).toBeLessThan(bound);
  expect(norm(denseChange(result.updates[0]!))).toBeCloseTo(stored.delta_w_norm, 1);
}

async function expectTwin(model: Model, read: ReadFixture, name: string): Promise<void> {
  const stored = await openRomeCase(read, name, "rome_2_mom2");
  const { settings } = readRomeSettings(stored.settings, model.config);
  const rows = rowsOf(model, stored);
  const before = memory();
  for (const kind of ["mlpRaw", "resid"] as const) {
    const site = { layer: settings.layer, kind };
    const fast = await optimiseTarget(model, rows, site, settings);
    const slow = await optimiseTarget(model, rows, site, settings, { cached: false });
    const inParts = await optimiseTarget(model, rows, site, settings, { budget: 1 });
    expect(relativeDifference(inParts.target, slow.target)).toBeLessThan(1e-3);
    expect(inParts.steps).toHaveLength(slow.steps.length);
    expect(fast.steps).toHaveLength(slow.steps.length);
    expect(relativeDifference(fast.target, slow.target)).toBeLessThan(1e-3);
    fast.steps.forEach((step, at) => expect(Math.abs(step.total - slow.steps[at]!.total)).toBeLessThan(1e-3));
  }
  expect(memory()).toEqual(before);
}
