import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describePackedStack } from "./testing/describePackedStack";

const root = resolve(import.meta.dirname, "../..");
const read = async (path: string) => new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

describePackedStack(read);
