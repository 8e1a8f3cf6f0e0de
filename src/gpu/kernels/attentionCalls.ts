/** Attention's forward pass and gradient as calls of the kernels of attention.ts, a slice of the batch at a time. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { AttentionSize } from "../reference/attention";
import { attentionSize } from "../specs/attention";
import type { AttentionAttributes } from "../specs/attention";
import type { GuardedWebGpuBackend } from "../webgpuBackend";
import {
  probabilitiesKernel,
  scoreGradientKernel,
  sumOverKeysKernel,
  sumOverQueriesKernel,
} from "./attention";
import type { BatchSlice } from "./attention";
import { runWgsl } from "./program";
import type { NamedInputs } from "./program";

/** Probabilities held at once; larger batches are cut (a binding may be 128 MiB on the smallest devices). */
const MAX_PROBABILITY_BYTES = 64 * 2 ** 20;

type Call = { backend: GuardedWebGpuBackend; inputs: NamedInputs; size: AttentionSize };

export function sizeOfCall(inputs: NamedInputs, attrs: AttentionAttributes): AttentionSize {
  const shape = (name: string) => inputs[name]?.shape ?? [];
  return attentionSize({ query: shape("query"), key: shape("key"), prefixKey: shape("prefixKey") }, attrs);
}

/** [B, H, Sq, T], whole. */
export function attentionProbabilities(call: Call): TensorInfo {
  return probabilitiesOf(call, { first: 0, count: call.size.batch });
}

/** y [B, Sq, H · dh]. */
export function attentionForward({ backend, inputs, size }: Call): TensorInfo {
  const y = backend.makeTensorInfo([...(inputs.query as TensorInfo).shape], "float32");
  for (const slice of slicesOf(size)) {
    const weights = probabilitiesOf({ backend, inputs, size }, slice);
    runWgsl(backend, sumOverKeysKernel(size, slice, "value"), { ...inputs, weights }, y);
    backend.disposeData(weights.dataId);
  }
  return y;
}

/** [dQuery, dKey, dValue]; `inputs` holds dy as well. */
export function attentionGradient({ backend, inputs, size }: Call): TensorInfo[] {
  const like = (name: string) => backend.makeTensorInfo([...(inputs[name] as TensorInfo).shape], "float32");
  const [dQuery, dKey, dValue] = [like("query"), like("key"), like("value")] as const;
  const isSoftware = backend.tunedForSoftware;
  for (const slice of slicesOf(size)) {
    const probabilities = probabilitiesOf({ backend, inputs, size }, slice);
    const dScores = runWgsl(backend, scoreGradientKernel({ size, slice, isSoftware }), {
      ...inputs,
      probabilities,
    });
    runWgsl(backend, sumOverKeysKernel(size, slice, "key"), { ...inputs, weights: dScores }, dQuery);
    const sumOverQueries = sumOverQueriesKernel(size, slice);
    runWgsl(backend, sumOverQueries, { weights: dScores, rows: inputs.query as TensorInfo }, dKey);
    runWgsl(backend, sumOverQueries, { weights: probabilities, rows: inputs.dy as TensorInfo }, dValue);
    backend.disposeData(probabilities.dataId);
    backend.disposeData(dScores.dataId);
  }
  return [dQuery, dKey, dValue];
}

function probabilitiesOf({ backend, inputs, size }: Call, slice: BatchSlice): TensorInfo {
  return runWgsl(backend, probabilitiesKernel({ size, slice, isSoftware: backend.tunedForSoftware }), inputs);
}

function slicesOf(size: AttentionSize): BatchSlice[] {
  const bytesPerRow = 4 * size.heads * size.queries * (size.prefix + size.keys);
  const count = Math.max(1, Math.floor(MAX_PROBABILITY_BYTES / bytesPerRow));
  const slices: BatchSlice[] = [];
  for (let first = 0; first < size.batch; first += count) {
    slices.push({ first, count: Math.min(count, size.batch - first) });
  }
  return slices;
}
