/** ROME on WASM against the published code's own numbers. */
import { resolve } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { readFixture as read } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describeRome } from "./testing/describeRome";
import { ROME_MODELS } from "./testing/romeCases";

const root = resolve(import.meta.dirname, "../..");

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

for (const name of ROME_MODELS) describeRome(name, { read, slack: 1 });
