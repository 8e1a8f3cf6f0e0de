/** Reads the WebAssembly binaries from disk, for the command line, tests and benches. Node only. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { hasRelaxedSimd } from "./kernelModule";
import type { StartThread } from "./kernelTeam";
import { serveJobs, takePieces } from "./kernelThread";
import type { WasmFiles } from "./wasmFiles";

/** The binary of tfjs inside its package. */
export const TFJS_WASM = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm";

/**
 * tfjs's Emscripten glue is CommonJS and looks for `require` and `__dirname`, which modules do not have. It uses them to
 * find files it is never asked for: the bytes are handed over.
 */
export function provideCommonJs(): void {
  const scope = globalThis as { require?: unknown; __dirname?: string };
  scope.require ??= createRequire(import.meta.url);
  scope.__dirname ??= process.cwd();
}

/**
 * Node 20 has relaxed SIMD behind a switch, later ones always. It makes products a third faster; where the switch is
 * unknown nothing happens and the plain kernels are used.
 */
function switchRelaxedSimdOn(): void {
  if (!hasRelaxedSimd() && process.versions.node.startsWith("20.")) {
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  }
}

/**
 * @param root the folder that holds node_modules and src (the repository)
 * @param options.relaxed false gives the plain SIMD kernels also to engines that have relaxed SIMD
 * @param options.threads 1 unless stated
 */
export async function readWasmFiles(
  root: string,
  { relaxed = true, threads = 1 }: { relaxed?: boolean; threads?: number } = {},
): Promise<WasmFiles> {
  provideCommonJs();
  if (relaxed) switchRelaxedSimdOn();
  const generated = join(root, "src/gpu/wasm/generated");
  const plainKernels = join(generated, "kernels.wasm");
  const paths = {
    tfjs: join(root, "node_modules", TFJS_WASM),
    kernels: plainKernels,
    kernelsRelaxed: relaxed ? join(generated, "kernelsRelaxed.wasm") : plainKernels,
  };
  const read = async (path: string) => new Uint8Array(await readFile(path));
  const [tfjs, kernels, kernelsRelaxed] = await Promise.all([
    read(paths.tfjs),
    read(paths.kernels),
    read(paths.kernelsRelaxed),
  ]);
  const help = threads > 1 ? { threads: { threads, startThread } } : {};
  return { tfjs, kernels, kernelsRelaxed, ...help };
}

const THREAD = `const start = require("node:worker_threads").workerData; (${serveJobs})(start, (${takePieces})(start));`;

const startThread: StartThread = (start) => {
  const worker = new Worker(THREAD, { eval: true, workerData: start });
  // A process ends when its own work is done; a thread that cannot start is help that is missing, nothing else.
  worker.unref();
  worker.on("error", () => undefined);
  return { stop: () => void worker.terminate() };
};
