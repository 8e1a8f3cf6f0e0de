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
import { LEAST_WORK, type KernelTeam } from "./kernelTeam";
import { registerWasmKernels } from "./registerWasmKernels";
import { withSharedMemory } from "./sharedMemory";
import { bytesOf, type WasmFiles, type WasmSource } from "./wasmFiles";

let team: KernelTeam | undefined;

/** Registration is once per process; the module is new with every start. */
function useTeam(loaded: KernelTeam): void {
  if (!team) {
    registerWasmKernels(() => {
      invariant(team, "the wasm kernels are not loaded");
      return team;
    });
  }
  team = loaded;
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
    const backend = await instantiateFor(files);
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", () => backend, 2);
    tfjsBackend = backend;
  }
  await tf.setBackend("wasm");
  return tfjsBackend;
}

/** Shared memory has its whole address space set aside at once, which small devices refuse: then one thread has to do. */
async function instantiateFor({ tfjs, threads }: WasmFiles): Promise<BackendWasm> {
  if (threads) {
    const shared = withSharedMemory(await bytesOf(tfjs));
    const backend = await instantiateTfjs(shared).catch(() => undefined);
    if (backend) return backend;
  }
  return instantiateTfjs(tfjs);
}

/** Calls tfjs's factory ourselves: `setBackend` would swallow the reason of a failure. */
async function instantiateTfjs(file: WasmSource): Promise<BackendWasm> {
  // tfjs's own kernels stay on one thread: what takes time is ours.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const address = addressOf(file);
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
  const { team: loaded, relaxed } = await loadKernels(files, module.asm.memory);
  useTeam(loaded);
  const { threads } = loaded;
  const viewOf = (tensor: tf.Tensor) => backend.typedArrayFromHeap(tensor) as WeightView;
  return {
    name: "wasm",
    adapter: `WebAssembly, ${threads === 1 ? "one thread" : `${threads} threads`}, ${relaxed ? "relaxed SIMD" : "SIMD"}`,
    limits: { addressSpace: 2 ** 32, threads, simd: relaxed ? "relaxed" : "fixed 128 bit" },
    heldBytes: () => module.HEAPU8.byteLength,
    assertHealthy,
    trim: () => undefined,
    dispose: () => loaded.stop(),
    ...(threads > 1 ? { kernelForms: formsOf(loaded) } : {}),
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

/** The self-test's cases are small: once all of them are cut for the threads, then everything is as in use again. */
function formsOf(team: KernelTeam): NonNullable<Driver["kernelForms"]> {
  const cutFrom = (name: string, leastWork: number) => ({
    name,
    choose: () => {
      team.leastWork = leastWork;
    },
  });
  return [cutFrom(`${team.threads} threads`, 0), cutFrom("", LEAST_WORK)];
}
