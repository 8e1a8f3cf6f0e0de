/** R-ROME against the published code, for any backend: keys, both vectors, the change, losses of every pass. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Model } from "../../model/model";
import { loadFixture } from "../../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "../computeEdit";
import { RUN_LIMIT, type Comparison } from "./comparison";
import { openRomeCase, type RomeCase } from "./romeCases";
import { errorOf, storedRuns, toSettings } from "./storedRuns";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

export function describeRRome(
  name: string,
  cases: readonly string[],
  { read, has, slack, record }: Comparison,
): void {
  const { openMoments } = storedRuns(read);

  describe.each(cases)(`${name} %s`, (caseName) => {
    const here = has(`editing/${name}/${caseName}/case.json`);
    let model: Model;
    let stored: RomeCase;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      model = await loadFixture(read, name);
      stored = await openRomeCase(read, name, caseName);
      const path = `editing/${name}/second_moments/tensors.safetensors`;
      const statistics = await openMoments(path, "C.", [stored.layer]);
      const { enable_prompt_keys: bare } = stored.hparams;
      const settings = { ...toSettings(stored.hparams), key: bare === true ? "bare" : "mean" };
      const call = { method: "R-ROME" as const, requests: [stored.editRequest], settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: stored.contexts, statistics });
    }, RUN_LIMIT);
    afterAll(() => (here ? model.dispose() : undefined));

    test.runIf(here).each(["k_mean", "k_used", "m_used", "u", "target_init"])("%s", async (part) => {
      // The stored k_mean is the key that gives u; with bare keys that is the bare one.
      const own = part === "k_mean" && stored.hparams["enable_prompt_keys"] === true ? "k_used" : part;
      const error = await errorOf(result.intermediates, own, stored.tensor, part);
      record("R-ROME", `${name} ${caseName}`, part, error);
      expect(error).toBeLessThan(slack * stored.tolerance.u_rel);
    });

    test.runIf(here).each(["v_star", "v", "delta_w"])("%s", async (part) => {
      const error = await errorOf(result.intermediates, part, stored.tensor);
      record("R-ROME", `${name} ${caseName}`, part, error);
      expect(error).toBeLessThan(slack * stored.tolerance.v_rel);
    });

    test.runIf(here)("every pass of the optimisation", () => {
      const steps = result.edit.losses[0]!;
      expect(steps).toHaveLength(stored.steps.length);
      const errors = stored.steps.map(({ loss }, at) => Math.abs(steps[at]!.total - loss));
      record("R-ROME", `${name} ${caseName}`, "loss of any pass, absolute", Math.max(...errors));
      for (const error of errors) expect(error).toBeLessThan(slack * stored.tolerance.loss_abs);
    });
  });
}
