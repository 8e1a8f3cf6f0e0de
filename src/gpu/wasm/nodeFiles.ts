/** Reads the WebAssembly binaries from disk, for the command line, tests and benches. Node only. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
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

/** @param root the folder that holds node_modules and src (the repository) */
export async function readWasmFiles(root: string): Promise<WasmFiles> {
  provideCommonJs();
  const generated = join(root, "src/gpu/wasm/generated");
  const [tfjs, kernels, kernelsRelaxed] = await Promise.all(
    [
      join(root, "node_modules", TFJS_WASM),
      join(generated, "kernels.wasm"),
      join(generated, "kernelsRelaxed.wasm"),
    ].map(async (path) => new Uint8Array(await readFile(path))),
  );
  return { tfjs: tfjs!, kernels: kernels!, kernelsRelaxed: kernelsRelaxed! };
}
