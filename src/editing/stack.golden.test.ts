/** The edit stack, its file and its probes on WASM. */
import { resolve } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { readFixture as read } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describeStack } from "./testing/describeStack";
import { ROME_MODELS } from "./testing/romeCases";

const root = resolve(import.meta.dirname, "../..");

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

for (const name of ROME_MODELS) describeStack(name, { read, slack: 1 });
