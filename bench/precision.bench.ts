/** float32 against 16 and 8 bits: time and bytes of products on WASM and WebGPU, and what a 0.5B model holds. */
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { formatOutcomes } from "./precisionContests";
import { runInPage } from "./webgpu/page";
import type { runPrecision } from "./webgpu/precision";
import { writeResult } from "./writeResult";

await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
const wasm = await formatOutcomes();
type Result = Awaited<ReturnType<typeof runPrecision>>;
const webgpu = await runInPage<Result>("bench/webgpu/precision.ts", "runPrecision");

const flat = (outcomes: typeof wasm) =>
  outcomes.map(({ forwardMilliseconds, gradientMilliseconds, ...rest }) => ({
    ...rest,
    ...Object.fromEntries(Object.entries(forwardMilliseconds).map(([rows, ms]) => [`forward ${rows}`, ms])),
    ...Object.fromEntries(Object.entries(gradientMilliseconds).map(([rows, ms]) => [`gradient ${rows}`, ms])),
  }));
console.log("WebAssembly");
console.table(flat(wasm));
console.log(webgpu.adapter);
console.table(flat(webgpu.formats));
console.table(webgpu.models);
writeResult("precision", { wasm, webgpu });
