/** Addresses of the WebAssembly binaries as the bundler placed them, and the page's threads. Browser only. */
import tfjs from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url";
import kernels from "./generated/kernels.wasm?url";
import kernelsRelaxed from "./generated/kernelsRelaxed.wasm?url";
import type { StartThread } from "./kernelTeam";
import { threadsFor, type WasmFiles } from "./wasmFiles";

const startThread: StartThread = (start) => {
  const worker = new Worker(new URL("./kernelThread.worker.ts", import.meta.url), { type: "module" });
  worker.postMessage(start);
  return { stop: () => worker.terminate() };
};

/** Threads need memory they can share, which browsers give to isolated pages only, and a thread that may wait. */
const mayShare = globalThis.crossOriginIsolated && typeof WorkerGlobalScope !== "undefined";
const threads = mayShare ? threadsFor(navigator.hardwareConcurrency) : 1;

export const browserWasmFiles: WasmFiles = {
  ...{ tfjs, kernels, kernelsRelaxed },
  ...(threads > 1 ? { threads: { threads, startThread } } : {}),
};
