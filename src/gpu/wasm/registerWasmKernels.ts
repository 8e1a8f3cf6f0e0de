/** Registers our kernels with tfjs's wasm backend: makes outputs and scratch, and hands addresses to the module. */
import { Identity, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { Attributes } from "../kernelSpec";
import { registerHeapCopies } from "./heapCopies";
import type { KernelTeam } from "./kernelTeam";
import type { Operand, WasmKernel } from "./calls/wasmCall";
import { WASM_KERNELS } from "./wasmKernels";

/** @param teamOf gives the kernels of the running backend: backends may be started anew, registration is for ever */
export function registerWasmKernels(teamOf: () => KernelTeam): void {
  shareClones();
  registerHeapCopies();
  for (const kernel of WASM_KERNELS) {
    registerKernel({
      kernelName: kernel.spec.name,
      backendName: "wasm",
      kernelFunc: ({ inputs, attrs, backend }) =>
        callKernel(
          kernel,
          teamOf(),
          backend as BackendWasm,
          inputs as Record<string, TensorInfo>,
          attrs as Attributes,
        ),
    });
  }
}

/**
 * tfjs's wasm backend copies a tensor to clone it, and the tape clones every input that a gradient needs: a pass with
 * its gradient through SmolLM2 copied all weights it went through (420 MB). Tensors never change, so a clone may be a
 * second handle on the same memory, as on the other backends.
 */
function shareClones(): void {
  unregisterKernel(Identity, "wasm");
  registerKernel({
    kernelName: Identity,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs["x"] as TensorInfo;
      (backend as BackendWasm).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
}

function callKernel(
  kernel: WasmKernel,
  team: KernelTeam,
  backend: BackendWasm,
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Attributes,
): TensorInfo | TensorInfo[] {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, info.shape]));
  const outputs: TensorInfo[] = [];
  const scratches: TensorInfo[] = [];
  const operandOf = (info: TensorInfo): Operand => ({ at: addressOf(backend, info), shape: info.shape });
  const make = (shape: number[], list: TensorInfo[]): Operand => {
    const info = backend.makeOutput(shape, "float32");
    list.push(info);
    return operandOf(info);
  };
  try {
    kernel.compute({
      team,
      attrs,
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, operandOf(info)])),
      outputs: kernel.spec.outputShapes(shapes, attrs).map((shape) => make(shape, outputs)),
      scratch: (floats) => make([floats], scratches).at,
    });
  } catch (error) {
    for (const output of outputs) backend.disposeData(output.dataId);
    throw error;
  } finally {
    for (const scratch of scratches) backend.disposeData(scratch.dataId);
  }
  return outputs.length === 1 ? (outputs[0] as TensorInfo) : outputs;
}

/** Where a tensor lies in the module's memory; unsigned, because memory may exceed 2 GiB. */
function addressOf(backend: BackendWasm, info: TensorInfo): number {
  return backend.getMemoryOffset(info.dataId);
}
