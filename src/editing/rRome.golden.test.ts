/** R-ROME on WASM against the published code's own numbers: one key above and below, mean or bare. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { computeEdit, type ComputedResult } from "./computeEdit";
import { recordError } from "./testing/errorTable";
import { errorOf, openMoments, toSettings } from "./testing/factCases";
import { openRomeCase, ROME_MODELS, type RomeCase } from "./testing/romeCases";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const CASES = ["r_rome_1_prefix_keys", "r_rome_1_prefix_keys_nomom2", "r_rome_2_prompt_keys"] as const;

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(ROME_MODELS)("%s", (name) => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, name);
  });
  afterAll(() => model.dispose());

  describe.each(CASES)("%s", (caseName) => {
    const here = hasFixture(`editing/${name}/${caseName}/case.json`);
    let stored: RomeCase;
    let result: ComputedResult;
    beforeAll(async () => {
      if (!here) return;
      stored = await openRomeCase(readFixture, name, caseName);
      const path = `editing/${name}/second_moments/tensors.safetensors`;
      const statistics = await openMoments(path, "C.", [stored.layer]);
      const { enable_prompt_keys: bare } = stored.hparams;
      const settings = { ...toSettings(stored.hparams), key: bare === true ? "bare" : "mean" };
      const call = { method: "R-ROME" as const, requests: [stored.editRequest], settings, seed: 1 };
      result = await computeEdit(model, call, { ...QUIET, contexts: stored.contexts, statistics });
    });

    test.runIf(here).each(["k_mean", "k_used", "m_used", "u", "target_init"])("%s", async (part) => {
      // The stored k_mean is the key that gives u; with bare keys that is the bare one.
      const own = part === "k_mean" && stored.hparams["enable_prompt_keys"] === true ? "k_used" : part;
      const error = await errorOf(result.intermediates, own, stored.tensor, part);
      recordError("R-ROME", `${name} ${caseName}`, part, error);
      expect(error).toBeLessThan(stored.tolerance.u_rel);
    });

    test.runIf(here).each(["v_star", "v", "delta_w"])("%s", async (part) => {
      const error = await errorOf(result.intermediates, part, stored.tensor);
      recordError("R-ROME", `${name} ${caseName}`, part, error);
      expect(error).toBeLessThan(stored.tolerance.v_rel);
    });

    test.runIf(here)("every pass of the optimisation", () => {
      const steps = result.edit.losses[0]!;
      expect(steps).toHaveLength(stored.steps.length);
      stored.steps.forEach(({ loss }, at) => {
        expect(Math.abs(steps[at]!.total - loss)).toBeLessThan(stored.tolerance.loss_abs);
      });
    });
  });
});
