/** Registers the slow twins as kernels of a backend whose tensors lie in memory JavaScript can read. */
import { registerKernel } from "@tensorflow/tfjs-core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Attributes, KernelSpec, NdArray } from "./kernelSpec";

export interface MemoryBackend {
  view(info: TensorInfo): Float32Array | Int32Array;
  create(shape: number[], values: Float32Array): TensorInfo;
}

/** @param memoryOf how this backend's tensors are read and made */
export function registerReferenceKernels(
  backendName: string,
  specs: readonly KernelSpec[],
  memoryOf: (backend: unknown) => MemoryBackend,
): void {
  for (const spec of specs) {
    registerKernel({
      kernelName: spec.name,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const memory = memoryOf(backend);
        const attributes = attrs as Attributes;
        const infos = inputs as Record<string, TensorInfo>;
        const shapes: Record<string, readonly number[]> = {};
        const arrays: Record<string, NdArray> = {};
        for (const [name, info] of Object.entries(infos)) {
          shapes[name] = info.shape;
          arrays[name] = { shape: info.shape, values: memory.view(info) };
        }
        const values = spec.reference(arrays, attributes);
        const outputs = spec
          .outputShapes(shapes, attributes)
          .map((shape, i) => memory.create(shape, values[i]!));
        return outputs.length === 1 ? outputs[0]! : outputs;
      },
    });
  }
}
