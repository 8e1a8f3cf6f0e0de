/** AlphaEdit on WASM against the published code's own numbers: three batches in turn, and the closed form by itself. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import { transpose } from "../linalg/transpose";
import { createMoments } from "./moments";
import type { Statistics } from "./statistics";
import { describeAlphaEdit, type AlphaEditCase } from "./testing/describeAlphaEdit";
import { recordError } from "./testing/errorTable";
import { openMoments, readJson, storesTensor, tensorsOf, type StoredTensors } from "./testing/factCases";
import { wasmComparison } from "./testing/wasmComparison";
import { nullSpaceRule } from "./updateRules";

const MODELS = ["tiny-facts2-gpt2", "tiny-facts2-llama"] as const;

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

for (const name of MODELS) describeAlphaEdit(name, wasmComparison);

describe.each(MODELS)("%s", (name) => {
  const folder = `editing/${name}/alphaedit_sequence`;
  const here = hasFixture(`${folder}/case.json`);
  let statistics: Statistics;
  let stored: AlphaEditCase;
  let tensor: StoredTensors;
  let width: number;
  beforeAll(async () => {
    if (!here) return;
    stored = await readJson<AlphaEditCase>(`${folder}/case.json`);
    tensor = await tensorsOf(`${folder}/tensors.safetensors`);
    statistics = await openMoments(`editing/${name}/second_moments/tensors.safetensors`, "C.", stored.layers);
    width = statistics.layers.get(stored.layers[0]!)!.width;
  });

  test.runIf(here)("the projector has the published rank", async () => {
    const moments = createMoments(statistics, stored.layers, width);
    for (const layer of stored.layers) {
      const space = await moments.nullSpace(layer, stored.hparams.nullspace_threshold);
      expect(space.dimension).toBe(stored.nullspace_rank[layer]);
    }
  });

  test.runIf(here)("ΔW from the stored keys, residuals and carried keys", async () => {
    const moments = createMoments(statistics, stored.layers, width);
    for (const [b] of stored.batches.entries()) {
      for (const layer of stored.layers) {
        if (!(await storesTensor(tensor, `b${b}.delta_w.${layer}`))) continue;
        const keys = await tensor(`b${b}.K.${layer}`);
        const residuals = await tensor(`b${b}.R.${layer}`);
        const [f, n, d] = [keys.shape[0]!, keys.shape[1]!, residuals.shape[0]!];
        const earlier = await Promise.all(
          stored.batches.slice(0, b).map((_, at) => tensor(`b${at}.K_after.${layer}`)),
        );
        const kept = new Float64Array(f * n * earlier.length);
        earlier.forEach(({ values }, at) => {
          for (let row = 0; row < f; row++)
            kept.set(values.subarray(row * n, (row + 1) * n), row * n * earlier.length + at * n);
        });
        const space = await moments.nullSpace(layer, stored.hparams.nullspace_threshold);
        const x = nullSpaceRule(space, stored.hparams.L2)({
          f, n, d, keys: keys.values, residuals: residuals.values, kept,
        }); // prettier-ignore
        const change = new Float64Array(f * d);
        for (let i = 0; i < f; i++)
          for (let o = 0; o < d; o++)
            for (let r = 0; r < n; r++) change[i * d + o]! += x[i * n + r]! * residuals.values[o * n + r]!;
        const expected = await tensor(`b${b}.delta_w.${layer}`);
        const truth = expected.shape[0] === f ? expected.values : transpose(expected.values, d, f);
        const error = relativeDifference(change, truth);
        recordError("AlphaEdit", `${name} batch ${b}`, "ΔW from stored K, R, C, cache", error);
        expect(error).toBeLessThan(1e-3);
      }
    }
  });
});
