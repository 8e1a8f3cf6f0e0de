/** Knowledge neurons on WASM against EasyEdit's own runs: scores, chosen neurons, changed rows, probabilities. */
import { afterAll, beforeAll } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describeKn } from "./testing/describeKn";
import { wasmComparison } from "./testing/wasmComparison";

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describeKn(["kn-gpt2", "kn-gpt2-two-tokens"], wasmComparison);
