import { resolve } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { readFixture as read } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describePackedStack } from "./testing/describePackedStack";

const root = resolve(import.meta.dirname, "../..");

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

describePackedStack(read);
