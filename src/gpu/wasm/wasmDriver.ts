/** The WebAssembly backend: tfjs's wasm kernels and ours on the same memory. */
import * as tf from "@tensorflow/tfjs-core";
import { BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { AppError, invariant } from "../../lib/errors";
import type { Driver } from "../driver";
import { registerReferenceKernels } from "../referenceKernels";
import { KERNELS } from "../specs/all";
import { readWeightRows, weightShape, writeWeightRows } from "../weightLayout";
import type { WasmFiles, WasmSource } from "./wasmFiles";

let registered = false;

function register(): void {
  if (registered) return;
  registered = true;
  registerReferenceKernels("wasm", KERNELS, (backend) => {
    const wasm = backend as BackendWasm;
    return {
      view: (info) => wasm.typedArrayFromHeap(info) as Float32Array,
      create: (shape, values) => wasm.makeOutput(shape, "float32", undefined, values),
    };
  });
}

/** tfjs fetches its binary itself and only knows addresses. */
function addressOf(source: WasmSource): string {
  return typeof source === "string"
    ? source
    : URL.createObjectURL(new Blob([source], { type: "application/wasm" }));
}

async function startTfjs(files: WasmFiles): Promise<BackendWasm> {
  if (tf.findBackend("wasm") == null) {
    // One thread: threads need cross-origin isolation, and our kernels import unshared memory.
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    const address = addressOf(files.tfjs);
    const names = [
      "tfjs-backend-wasm.wasm",
      "tfjs-backend-wasm-simd.wasm",
      "tfjs-backend-wasm-threaded-simd.wasm",
    ];
    setWasmPaths(Object.fromEntries(names.map((name) => [name, address])), true);
  }
  const started = await tf.setBackend("wasm");
  if (!started) {
    throw new AppError("network", "The WebAssembly engine could not be loaded.", "Reload the page.");
  }
  return tf.backend() as BackendWasm;
}

type EmscriptenModule = { _malloc(bytes: number): number; HEAPU8: Uint8Array };

/** tfjs does not look at what malloc returns: a full memory would be overwritten from address 0. */
function guardAllocation(backend: BackendWasm): { failure: AppError | undefined } {
  const state: { failure: AppError | undefined } = { failure: undefined };
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
  register();
  const backend = await startTfjs(files);
  const allocation = guardAllocation(backend);
  const viewOf = (tensor: tf.Tensor) => backend.typedArrayFromHeap(tensor) as Float32Array;
  return {
    name: "wasm",
    adapter: "WebAssembly, one thread",
    heldBytes: () => (backend.wasm as unknown as EmscriptenModule).HEAPU8.byteLength,
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
