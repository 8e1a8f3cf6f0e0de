/** Addresses of the WebAssembly binaries as the bundler placed them. Browser only. */
import tfjs from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url";
import kernels from "./generated/kernels.wasm?url";
import kernelsRelaxed from "./generated/kernelsRelaxed.wasm?url";
import type { WasmFiles } from "./wasmFiles";

export const browserWasmFiles: WasmFiles = { tfjs, kernels, kernelsRelaxed };
