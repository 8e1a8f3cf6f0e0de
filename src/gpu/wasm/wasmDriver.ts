/** The WebAssembly backend: tfjs's wasm kernels and ours on the same memory. */
import * as tf from "@tensorflow/tfjs-core";
import { BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { AppError, invariant } from "../../lib/errors";
import type { Driver } from "../driver";
import { readWeightRows, weightShape, writeWeightRows } from "../weightLayout";
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

/** What we use of tfjs's Emscripten module. The memory object stays valid when it grows, views on it do not. */
type EmscriptenModule = {
  _malloc(bytes: number): number;
  HEAPU8: Uint8Array;
  asm: { memory: WebAssembly.Memory };
};

type AllocationState = { failure: AppError | undefined };

const guarded = new WeakMap<BackendWasm, AllocationState>();

/** tfjs does not look at what malloc returns: a full memory would be overwritten from address 0. */
function guardAllocation(backend: BackendWasm): AllocationState {
  const known = guarded.get(backend);
  if (known) return known;
  const state: AllocationState = { failure: undefined };
  guarded.set(backend, state);
  const module = backend.wasm as unknown as EmscriptenModule;
  const malloc = module._malloc.bind(module);
  module._malloc = (bytes: number) => {
    const address = malloc(bytes);
    if (address === 0 && bytes > 0) {
      state.failure = new AppError(
        "out-of-memory",
        `The WebAssembly memory is full: ${bytes} more bytes could not be had.`,
        "Take a smaller model, or use WebGPU.",
      );
      throw state.failure;
    }
    return address;
  };
  return state;
}

/** Starts tfjs's wasm backend with our kernels. */
export async function startWasm(files: WasmFiles | undefined): Promise<Driver> {
  invariant(files, "startBackend('wasm') needs options.wasmFiles");
  const backend = await startTfjs(files);
  const module = backend.wasm as unknown as EmscriptenModule;
  const { exports, relaxed } = await loadKernels(files, module.asm.memory);
  useKernels(exports);
  const allocation = guardAllocation(backend);
  const viewOf = (tensor: tf.Tensor) => backend.typedArrayFromHeap(tensor) as Float32Array;
  return {
    name: "wasm",
    adapter: `WebAssembly, one thread, ${relaxed ? "relaxed SIMD" : "SIMD"}`,
    heldBytes: () => module.HEAPU8.byteLength,
    assertHealthy: () => {
      if (allocation.failure) throw allocation.failure;
    },
    trim: () => undefined,
    dispose: () => undefined,
    layout: () => "panels8",
    allocateWeight: (geometry) => {
      const info = backend.makeOutput(weightShape(geometry), "float32");
      const tensor = tf.engine().makeTensorFromTensorInfo(info);
      viewOf(tensor).fill(0);
      return tensor;
    },
    writeWeight: (weight, geometry, orientation, firstRow, values) =>
      writeWeightRows(viewOf(weight), geometry, orientation, firstRow, values),
    readWeight: async (weight, geometry) => readWeightRows(viewOf(weight), geometry),
    settle: async () => undefined,
  };
}
