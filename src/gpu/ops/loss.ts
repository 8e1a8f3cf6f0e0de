/** Softmax and losses over a vocabulary, and the largest entries of a row. */
import { invariant } from "../../lib/errors";
import { runOne } from "../kernelSpec";
import { crossEntropyKernel, klDivergenceKernel, softmaxKernel } from "../specs/loss";
import type { Tensor } from "../tensor";
import { dispose, integerTensor, read } from "../tensor";
import { expectIndices, expectShape, lastExtent } from "./shape";

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  lastExtent("softmax", x);
  return runOne(softmaxKernel, { x }, { log: false });
}

/** Logarithm of the softmax over the last axis. */
export function logSoftmax(x: Tensor): Tensor {
  lastExtent("logSoftmax", x);
  return runOne(softmaxKernel, { x }, { log: true });
}

/** nll [n] = -log softmax(logits [n, V])[target]; gradient to the logits. */
export function crossEntropy(logits: Tensor, targets: Int32Array): Tensor {
  const [, vocabulary = 0] = expectShape("crossEntropy", "logits", logits, [targets.length, "V"]);
  expectIndices("crossEntropy", "targets", targets, vocabulary);
  const targetTensor = integerTensor(targets);
  const nll = runOne(crossEntropyKernel, { logits, targets: targetTensor }, {});
  dispose(targetTensor);
  return nll;
}

/** [n] = KL(reference || softmax(logits)); reference [n, V] are log probabilities, frozen; gradient to the logits. */
export function klDivergence(referenceLogProbs: Tensor, logits: Tensor): Tensor {
  expectShape("klDivergence", "logits", logits, ["n", "V"]);
  expectShape("klDivergence", "referenceLogProbs", referenceLogProbs, logits.shape);
  return runOne(klDivergenceKernel, { reference: referenceLogProbs, logits }, {});
}

export type TopEntries = { readonly indices: Int32Array; readonly values: Float32Array };

/** The k largest entries of every row of x [n, V], largest first, ties by index. Sorted on the CPU after a read. */
export async function topK(x: Tensor, k: number): Promise<TopEntries[]> {
  const [rows = 0, width = 0] = expectShape("topK", "x", x, ["n", "V"]);
  invariant(k > 0 && k <= width, `topK: k must be in 1 … ${width}, got ${k}`);
  const values = await read(x);
  return Array.from({ length: rows }, (_, row) =>
    largest(values.subarray(row * width, (row + 1) * width), k),
  );
}

/** One pass with a sorted list of the best so far: k is small and V large. */
function largest(row: Float32Array, k: number): TopEntries {
  const indices = new Int32Array(k);
  const values = new Float32Array(k).fill(-Infinity);
  let filled = 0;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number;
    if (filled === k && !(value > (values[k - 1] as number))) continue;
    let place = filled < k ? filled++ : k - 1;
    while (place > 0 && value > (values[place - 1] as number)) {
      values[place] = values[place - 1] as number;
      indices[place] = indices[place - 1] as number;
      place--;
    }
    values[place] = value;
    indices[place] = i;
  }
  return { indices, values };
}
