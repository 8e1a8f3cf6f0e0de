/** MEMIT and EMMET on WASM against the published code's own numbers: whole runs, and the closed form from stored keys. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture } from "../../tests/sharedFixtures";
import type { EditMethod } from "../domain/edit";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import { createMoments } from "./moments";
import { describeFacts, type FactsCase } from "./testing/describeFacts";
import { recordError } from "./testing/errorTable";
import { openMoments, readJson, tensorsOf } from "./testing/factCases";
import { wasmComparison } from "./testing/wasmComparison";
import { leastSquaresRule } from "./updateRules";

const CASES: readonly [string, EditMethod][] = [
  ["memit_batch1", "MEMIT"],
  ["memit_batch8", "MEMIT"],
  ["memit_batch32", "MEMIT"],
  ["emmet_batch1", "EMMET"],
  ["emmet_batch8", "EMMET"],
  ["emmet_batch32", "EMMET"],
];

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

for (const name of ["tiny-facts2-gpt2", "tiny-facts2-llama"] as const) {
  describeFacts(name, CASES, wasmComparison);

  describe.each(CASES)(`${name} %s`, (caseName, method) => {
    const folder = `editing/${name}/${caseName}`;

    test.runIf(hasFixture(`${folder}/case.json`))("ΔW from the stored keys and residuals", async () => {
      const stored = await readJson<FactsCase>(`${folder}/case.json`);
      const tensor = await tensorsOf(`${folder}/tensors.safetensors`);
      const path = `editing/${name}/second_moments/tensors.safetensors`;
      const statistics = await openMoments(path, "C.", stored.layers);
      const { mom2_update_weight: weight, emmet_lambda: epsilon = 0.1 } = stored.hparams as Record<
        string,
        number
      >;
      const lambda = method === "EMMET" ? epsilon * weight! : weight!;
      for (const layer of stored.layers) {
        const { shape, values: keys } = await tensor(`K.${layer}`);
        const { values: residuals, shape: size } = await tensor(`R.${layer}`);
        const [f, n] = [shape[0]!, shape[1]!];
        const moments = createMoments(statistics, stored.layers, f);
        const rule = leastSquaresRule(await moments.factor(layer), () => moments.values(layer), lambda);
        const x = rule({ f, n, d: size[0]!, keys, residuals, kept: new Float64Array(0) });
        const expected = (await tensor(`X.${layer}`)).values;
        const error = relativeDifference(x, expected);
        recordError(method, `${name} ${caseName}`, "X from stored K, R, C", error);
        expect(error, `X.${layer}`).toBeLessThan(1e-4);
      }
    });
  });
}
