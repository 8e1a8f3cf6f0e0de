/** Reads the WebAssembly binaries from disk, for the command line, tests and benches. Node only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WasmFiles } from "./wasmFiles";

/** The binary of tfjs inside its package. */
export const TFJS_WASM = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm";

/** @param root the folder that holds node_modules and src (the repository) */
export async function readWasmFiles(root: string): Promise<WasmFiles> {
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
