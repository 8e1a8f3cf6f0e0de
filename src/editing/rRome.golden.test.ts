/** R-ROME on WASM against the published code's own numbers: one key above and below, mean or bare. */
import { afterAll, beforeAll } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describeRRome } from "./testing/describeRRome";
import { ROME_MODELS } from "./testing/romeCases";
import { wasmComparison } from "./testing/wasmComparison";

const CASES = ["r_rome_1_prefix_keys", "r_rome_1_prefix_keys_nomom2", "r_rome_2_prompt_keys"] as const;

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

for (const name of ROME_MODELS) describeRRome(name, CASES, wasmComparison);
