/**
 * Whole runs of AnyEdit over MEMIT and AlphaEdit, and of their single-state baselines, against the AnyEdit repository's
 * own, for any backend: every chunk's state, losses and shift, every layer's change, the answer afterwards.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { norm, relativeDifference } from "../../linalg/norms";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "../computeEdit";
import type { Settings } from "../settings/settingSpec";
import { denseChange } from "../weightUpdates";
import { RUN_LIMIT, type Comparison } from "./comparison";
import { expectAnswers, expectChunkLosses, openLongCase, openShared, sharedTensorsPath, signProjections, type LongCase } from "./longCases"; // prettier-ignore
import { storedRuns, toSettings, type StoredTensors } from "./storedRuns";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
/** Of whole runs: Adam amplifies rounding, so the fixtures ask for the answer, and this is what comes besides. */
const CHANGE_SIZE_REL = 0.02;
const CHANGE_REL = 0.05;

export function describeAnyEdit(name: string, cases: readonly string[], comparison: Comparison): void {
  const { read, has, slack } = comparison;

  describe.each(cases)(`${name} %s`, (caseName) => {
    const here = has(`anyedit/${name}/${caseName}/case.json`);
    let model: Model;
    let stored: LongCase;
    let tensor: StoredTensors;
    let result: ComputedResult;
    let chunks: number;
    beforeAll(async () => {
      if (!here) return;
      model = await loadFixture(read, name);
      const { layers } = await openShared(read, name);
      const statistics = await storedRuns(read).openMoments(sharedTensorsPath(name), "C_", layers);
      const opened = await openLongCase(read, name, caseName);
      ({ stored, tensor } = opened);
      chunks = stored.z.length;
      const settings = { ...toSettings(stored.hparams), ...variantOf(stored) };
      const call = { method: "AnyEdit" as const, requests: opened.requests, settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], statistics });
    }, RUN_LIMIT);
    afterAll(() => (here ? model.dispose() : undefined));
    const record = (what: string, error: number) =>
      comparison.record(`AnyEdit ${stored.method}`, `${name} ${caseName}`, what, error);
    const dumped = (part: string) => result.intermediates.find((one) => one.name === part)!;

    test.runIf(here)("chunks and positions", () => {
      const lookups = stored.positions.flat().slice(0, chunks);
      expect([...dumped("positions").values]).toEqual(lookups);
    });

    test.runIf(here)("states, losses of every pass, shifts", async () => {
      const { tolerance } = stored;
      const size = chunks * model.config.residualWidth;
      for (const [part, bound] of [["h", tolerance.h_rel], ["delta_z", tolerance.delta_z_rel]] as const) {
        const truth = (await tensor(part)).values.slice(0, size);
        const error = relativeDifference(Float64Array.from(dumped(part).values), truth);
        record(part === "h" ? "h" : "shift", error);
        expect(error).toBeLessThan(slack * bound);
      } // prettier-ignore
      expectChunkLosses(result.edit.losses, stored, slack, record);
    });

    test.runIf(here)("changes of every layer", async () => {
      // Kept keys differ: padding is none here.
      if (caseName.startsWith("05")) return;
      for (const [at, { layer, delta_norm }] of stored.per_layer!.entries()) {
        const change = denseChange(result.edit.updates[at]!);
        expect(Math.abs(norm(change) / delta_norm - 1)).toBeLessThan(slack * CHANGE_SIZE_REL);
        const whole = await tensor(`delta_${layer}`).then(({ values }) => values, () => undefined); // prettier-ignore
        const error = whole
          ? relativeDifference(change, whole)
          : relativeDifference(signProjections(change), (await tensor(`delta_${layer}_proj`)).values);
        record(whole ? "ΔW, whole run" : "ΔW projections, whole run", error);
        expect(error).toBeLessThan(slack * CHANGE_REL);
      }
    });

    test.runIf(here)("the answer's mean NLL afterwards, and where greedy text leaves it", async () => {
      await expectAnswers(model, result.edit, stored, slack, record);
    });
  });
}

/** What the case's name says and its hyper-parameters do not. */
export function variantOf({ method, case: name }: LongCase): Settings {
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
