/**
 * Whole runs of UnKE, alone and with AnyEdit's chunks, against the published ones, for any backend: targets, the losses of
 * the block's training, the answer. Of the weights only the change's size is compared: AdamW moves parameters without a
 * gradient by rounding (algorithms.md 8.3).
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { norm, relativeDifference } from "../../linalg/norms";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "../computeEdit";
import { RUN_LIMIT, type Comparison } from "./comparison";
import { expectAnswers, expectChunkLosses, openLongCase, openShared, type LongCase } from "./longCases";
import { toSettings, type StoredTensors } from "./storedRuns";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

/** Where only rounding and the padding's own hidden states differ. */
const STAGE2_REL = 0.02;
const CHANGE_SIZE_REL = 0.02;

export function describeUnke(name: string, cases: readonly string[], comparison: Comparison): void {
  const { read, has, slack } = comparison;

  describe.each(cases)(`${name} %s`, (caseName) => {
    const here = has(`anyedit/${name}/${caseName}/case.json`);
    let model: Model;
    let stored: LongCase;
    let tensor: StoredTensors;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      model = await loadFixture(read, name);
      const preserve = (await openShared(read, name)).preserve_texts;
      const opened = await openLongCase(read, name, caseName);
      ({ stored, tensor } = opened);
      const chunked = stored.method === "unke_ARE";
      const settings = {
        ...toSettings(stored.hparams),
        ...(chunked ? { inner: "UnKE", earlyStopLoss: 5e-3, lastWindow: "published" } : { earlyStopLoss: 0 }),
      };
      const method = chunked ? ("AnyEdit" as const) : ("UnKE" as const);
      const call = { method, requests: opened.requests, settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], preserve });
    }, RUN_LIMIT);
    afterAll(() => (here ? model.dispose() : undefined));
    const record = (what: string, error: number) =>
      comparison.record(stored.method, `${name} ${caseName}`, what, error);
    const dumped = (part: string) =>
      Float64Array.from(result.intermediates.find((one) => one.name === part)!.values);

    test.runIf(here)("states, losses of every pass, shifts", async () => {
      const { tolerance } = stored;
      const size = stored.z.length * model.config.residualWidth;
      for (const [part, bound] of [["h", tolerance.h_rel], ["delta_z", tolerance.delta_z_rel]] as const) {
        const error = relativeDifference(dumped(part), (await tensor(part)).values.slice(0, size));
        record(part, error);
        expect(error).toBeLessThan(slack * bound);
      } // prettier-ignore
      expectChunkLosses(result.edit.losses, stored, slack, record);
    });

    test.runIf(here)("losses of the block's training", () => {
      const own = dumped("stage2_loss");
      const { loss } = stored.stage2!;
      expect(own).toHaveLength(loss.length);
      // Long runs end near zero, where AdamW's spikes come a step earlier or later; so does the one of overlapping windows
      // (7 % off its last loss, half a per cent of its first). They are measured against the beginning.
      const endsLow = loss.length > 50 || caseName.startsWith("12");
      const scale = (value: number) => (endsLow ? loss[0]! : value);
      const errors = loss.map((value, step) => Math.abs(own[step]! - value) / scale(value));
      record("block training, first loss", errors[0]!);
      record("block training, any loss", Math.max(...errors));
      expect(errors[0]).toBeLessThan(slack * stored.tolerance.loss_first_three_rel);
      expect(Math.max(...errors)).toBeLessThan(slack * STAGE2_REL);
    });

    test.runIf(here)("size of the changes", () => {
      const { params = {} } = stored;
      const truth = Object.entries(params).find(([key]) => /mlp\.(c_proj|down_proj)\.weight/.test(key))![1];
      const own = result.edit.updates.find(({ weight }) => weight.endsWith(".mlpOut"))!;
      const error = Math.abs(norm(own.kind === "dense" ? own.values : own.u) / truth.delta_norm - 1);
      record("‖ΔW‖ of the MLP's output matrix", error);
      expect(error).toBeLessThan(slack * CHANGE_SIZE_REL);
    });

    test.runIf(here)("the answer's mean NLL, where greedy text leaves it, and every bit back", async () => {
      await expectAnswers(model, result.edit, stored, slack, record);
    });
  });
}
