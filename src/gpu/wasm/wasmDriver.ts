/** The WebAssembly backend: tfjs's wasm kernels and ours on the same memory. */
import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths, type BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { AppError, invariant } from "../../lib/errors";
import type { Driver } from "../driver";
import { readFromMemory, writeToMemory, type WeightView } from "../memoryWeights";
import { PANEL, isPacked, weightShape } from "../weightLayout";
import { guardAllocation } from "./allocation";
import type { EmscriptenModule } from "./allocation";
import { loadKernels } from "./kernelModule";
import type { KernelExports } from "./kernelModule";
import { registerWasmKernels } from "./registerWasmKernels";
import type { WasmFiles, WasmSource } from "./wasmFiles";

let kernels: KernelExports | undefined;

/** Registration is once per process; the module is new with every start. */
function useKernels(loaded: KernelExports): void {
  if (!kernels) {
    registerWasmKernels(() => {
      invariant(kernels, "the wasm kernels are not loaded");
      return kernels;
    });
  }
  kernels = loaded;
}

/** tfjs fetches its binary itself and only knows addresses. */
function addressOf(source: WasmSource): string {
  return typeof source === "string"
    ? source
    : URL.createObjectURL(new Blob([source], { type: "application/wasm" }));
}

/** tfjs keeps one module per process; `findBackend` must not be asked for it, because it starts one. */
let tfjsBackend: BackendWasm | undefined;

async function startTfjs(files: WasmFiles): Promise<BackendWasm> {
  if (!tfjsBackend) {
    const backend = await instantiateTfjs(files);
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", () => backend, 2);
    tfjsBackend = backend;
  }
  await tf.setBackend("wasm");
  return tfjsBackend;
}

/** Calls tfjs's factory ourselves: `setBackend` would swallow the reason of a failure. */
async function instantiateTfjs(files: WasmFiles): Promise<BackendWasm> {
  // One thread: threads need cross-origin isolation, and our kernels import unshared memory.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const address = addressOf(files.tfjs);
  const names = [
    "tfjs-backend-wasm.wasm",
    "tfjs-backend-wasm-simd.wasm",
    "tfjs-backend-wasm-threaded-simd.wasm",
  ];
  setWasmPaths(Object.fromEntries(names.map((name) => [name, address])), true);
  try {
    return (await tf.findBackendFactory("wasm")()) as BackendWasm;
  } catch (error) {
    const reason =
      error instanceof Error ? error.message : String((error as { message?: unknown }).message ?? error);
    throw new AppError(
      "network",
      `The WebAssembly engine could not be started: ${reason}`,
      "Reload the page.",
    );
  }
}

/** Starts tfjs's wasm backend with our kernels. */
export async function startWasm(files: WasmFiles | undefined): Promise<Driver> {
  invariant(files, "startBackend('wasm') needs options.wasmFiles");
  const backend = await startTfjs(files);
  const module = backend.wasm as unknown as EmscriptenModule;
  const { assertHealthy } = guardAllocation(module);
  const { exports, relaxed } = await loadKernels(files, module.asm.memory);
  useKernels(exports);
  const viewOf = (tensor: tf.Tensor) => backend.typedArrayFromHeap(tensor) as WeightView;
  return {
    name: "wasm",
    adapter: `WebAssembly, one thread, ${relaxed ? "relaxed SIMD" : "SIMD"}`,
    limits: { addressSpace: 2 ** 32, threads: 1, simd: relaxed ? "relaxed" : "fixed 128 bit" },
    heldBytes: () => module.HEAPU8.byteLength,
    assertHealthy,
    trim: () => undefined,
    dispose: () => undefined,
    layout: () => "panels8",
    allocateWeight: (geometry) => {
      const packed = isPacked(geometry.layout);
      const info = backend.makeOutput(weightShape(geometry), packed ? "int32" : "float32");
      const tensor = tf.engine().makeTensorFromTensorInfo(info);
      // Only the padding of the last panel is never written; packed panels are written whole.
      const { inFeatures, outFeatures } = geometry;
      if (!packed && outFeatures % PANEL !== 0)
        viewOf(tensor).fill(0, Math.floor(outFeatures / PANEL) * inFeatures * PANEL);
      return tensor;
    },
    writeWeight: (weight, rows) => writeToMemory(viewOf(weight), rows),
    readWeight: async (weight, geometry) => readFromMemory(viewOf(weight), geometry),
    settle: async () => undefined,
  };
}
