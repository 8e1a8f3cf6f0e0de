/**
 * Slice, split and concatenation on the wasm backend as copies within its memory. tfjs's own versions first copy the
 * whole source to a JavaScript array, at every slice and for every part of a split: garbage that cost a pass with its
 * gradient a twelfth of its time. Numbers only: no tensor here holds strings.
 */
import {
  backend_util,
  Concat,
  registerKernel,
  Slice,
  slice_util,
  SplitV,
  unregisterKernel,
  util,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { EmscriptenModule } from "./allocation";

type Attrs = Readonly<Record<string, unknown>>;
type Inputs = readonly TensorInfo[];
type Copying = (inputs: Inputs, attrs: Attrs, backend: BackendWasm) => TensorInfo | TensorInfo[];

/** All numbers that the product makes are float32, int32 or bool. */
const bytesOf = ({ dtype }: TensorInfo): number => util.bytesPerElement(dtype);

const heapOf = (backend: BackendWasm): Uint8Array => (backend.wasm as unknown as EmscriptenModule).HEAPU8;

/** Replaces tfjs's kernels; once per process. */
export function registerHeapCopies(): void {
  replace(Slice, ([x], attrs, backend) => {
    const [begin, size] = slice_util.parseSliceParams(
      x!,
      attrs["begin"] as number[],
      attrs["size"] as number[],
    );
    return sliced(backend, x!, begin!, size!);
  });
  replace(SplitV, ([x], { numOrSizeSplits, axis }, backend) =>
    split(backend, x!, numOrSizeSplits as number | number[], axis as number),
  );
  replace(Concat, (inputs, { axis }, backend) => concatenated(backend, inputs, axis as number));
}

function replace(kernelName: string, copy: Copying): void {
  unregisterKernel(kernelName, "wasm");
  registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) =>
      copy(Object.values(inputs) as TensorInfo[], attrs as Attrs, backend as BackendWasm),
  });
}

/** x[begin … begin + size - 1] along every axis. */
function sliced(
  backend: BackendWasm,
  x: TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): TensorInfo {
  const out = backend.makeOutput([...size], x.dtype);
  if (util.sizeFromShape([...size]) === 0) return out;
  // Axes from `first` on are taken whole: what lies below one index of the axis before is one run of memory.
  let first = x.shape.length;
  while (first > 0 && size[first - 1] === x.shape[first - 1]) first--;
  const runAxis = Math.max(0, first - 1);
  const strides = x.shape.map((_, axis) => util.sizeFromShape(x.shape.slice(axis + 1)));
  const run = size.slice(runAxis).reduce((product, extent) => product * extent, 1) * bytesOf(x);
  const from = backend.getMemoryOffset(x.dataId);
  const heap = heapOf(backend);
  let to = backend.getMemoryOffset(out.dataId);
  const copyFrom = (axis: number, offset: number): void => {
    if (axis === runAxis) {
      const start = from + (offset + (begin[axis] ?? 0) * (strides[axis] ?? 1)) * bytesOf(x);
      heap.copyWithin(to, start, start + run);
      to += run;
      return;
    }
    for (let index = 0; index < size[axis]!; index++)
      copyFrom(axis + 1, offset + (begin[axis]! + index) * strides[axis]!);
  };
  copyFrom(0, 0);
  return out;
}

function split(
  backend: BackendWasm,
  x: TensorInfo,
  numOrSizes: number | number[],
  alongAxis: number,
): TensorInfo[] {
  const axis = util.parseAxisParam(alongAxis, x.shape)[0]!;
  const begin = x.shape.map(() => 0);
  // tfjs asks for a tensor's type and reads its shape only.
  const sizes = backend_util.prepareSplitSize(
    x as Parameters<typeof backend_util.prepareSplitSize>[0],
    numOrSizes,
    axis,
  );
  return sizes.map((extent) => {
    const part = sliced(backend, x, begin, x.shape.with(axis, extent));
    begin[axis]! += extent;
    return part;
  });
}

function concatenated(backend: BackendWasm, inputs: Inputs, alongAxis: number): TensorInfo {
  const axis = util.parseAxisParam(alongAxis, inputs[0]!.shape)[0]!;
  const shape = backend_util.computeOutShape(
    inputs.map(({ shape }) => shape),
    axis,
  );
  const out = backend.makeOutput(shape, inputs[0]!.dtype);
  const outer = util.sizeFromShape(shape.slice(0, axis));
  const sources = inputs.map((input) => ({
    from: backend.getMemoryOffset(input.dataId),
    run: util.sizeFromShape(input.shape.slice(axis)) * bytesOf(input),
  }));
  const heap = heapOf(backend);
  let to = backend.getMemoryOffset(out.dataId);
  for (let index = 0; index < outer; index++) {
    for (const { from, run } of sources) {
      heap.copyWithin(to, from + index * run, from + (index + 1) * run);
      to += run;
    }
  }
  return out;
}
