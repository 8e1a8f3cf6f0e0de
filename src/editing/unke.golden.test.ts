/** UnKE, alone and with AnyEdit's chunks, on WASM against the published runs. */
import { afterAll, beforeAll } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describeUnke } from "./testing/describeUnke";
import { LONG_MODELS } from "./testing/longCases";
import { wasmComparison } from "./testing/wasmComparison";

const ALL = process.env["PALIMPSEST_ALL_CASES"] !== undefined;
const SOME = ["11-unke-are-w4", "13-unke-baseline"];
const EVERY = [...SOME, "12-unke-are-w8-v3", "16-unke-are-w2-200steps", "17-unke-baseline-200steps"];

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

for (const name of LONG_MODELS) describeUnke(name, ALL ? EVERY : SOME, wasmComparison);
