/** Weights in 16 and 8 bits on WebAssembly; bounds are in testing/describePrecision.ts. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describePrecision } from "./testing/describePrecision";

const root = resolve(import.meta.dirname, "../..");
const read = async (path: string) => new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

describePrecision(read);
