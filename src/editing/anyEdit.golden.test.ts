/**
 * AnyEdit over MEMIT and AlphaEdit, and their single-state baselines, on WASM against the AnyEdit repository's own runs.
 * The repository holds what SOME needs on one model; the rest is read from ../shared/fixtures, skipped where that is absent.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import { transpose } from "../linalg/transpose";
import { createMoments } from "./moments";
import { describeAnyEdit, variantOf } from "./testing/describeAnyEdit";
import { recordError } from "./testing/errorTable";
import { openMoments } from "./testing/factCases";
import { LONG_MODELS, openLongCase, openShared, sharedTensorsPath } from "./testing/longCases";
import { wasmComparison } from "./testing/wasmComparison";
import { leastSquaresRule, nullSpaceRule } from "./updateRules";
import { denseChange } from "./weightUpdates";

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

for (const name of LONG_MODELS) {
  describeAnyEdit(name, ALL ? EVERY : SOME, wasmComparison);

  describe.each(ALL ? EVERY : SOME)(`${name} %s`, (caseName) => {
    const here = hasFixture(`anyedit/${name}/${caseName}/case.json`);

    test.runIf(here)("ΔW from the stored keys, kept keys and residuals", async (context) => {
      const { stored, tensor } = await openLongCase(readFixture, name, caseName);
      const layers = stored.per_layer!.map(({ layer }) => layer);
      const storesKeys = await tensor(`keys_${layers[0]!}`).then(() => true, () => false); // prettier-ignore
      if (!storesKeys) context.skip();
      const path = sharedTensorsPath(name);
      const statistics = await openMoments(path, "C_", (await openShared(readFixture, name)).layers);
      const moments = createMoments(statistics, layers, statistics.layers.get(layers[0]!)!.width);
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
        const ofFirst = variantOf(stored)["loop"] === "published" ? layers[0]! : layer;
        const rule =
          threshold === undefined
            ? leastSquaresRule(await moments.factor(layer), () => moments.values(layer), lambda!)
            : nullSpaceRule(await moments.nullSpace(ofFirst, threshold), L2!);
        const residuals = transpose(rows.values, n, d);
        const x = rule({ f, n, d, keys: keys.values, residuals, kept });
        const update = { kind: "lowRank", weight: "", out: d, in: f, rank: n, u: Float32Array.from(residuals), v: Float32Array.from(x) } as const; // prettier-ignore
        const error = relativeDifference(denseChange(update), (await tensor(`delta_${layer}`)).values);
        recordError(`AnyEdit ${stored.method}`, `${name} ${caseName}`, "ΔW from stored keys", error);
        expect(error).toBeLessThan(stored.tolerance.weight_delta_from_stored_keys_and_residual_rel);
      }
    });
  });
}
