/** Cross-entropy and Kullback-Leibler divergence over a vocabulary, one number per row, and their gradients. */
import { ROW_WRITER, rowKernel, sumAlongRow } from "./rowwise";
import type { RowSharing } from "./rowwise";
import { rowsOf, sumOfExponentials } from "./softmax";
import type { WgslKernel } from "./program";

type Logits = { shape: readonly number[]; isSoftware: boolean; sharing?: RowSharing | undefined };

/** nll [n] = log sum exp - logits[target]. */
export function crossEntropyForward({ shape, isSoftware, sharing }: Logits): WgslKernel {
  const body = `${sumOfExponentials("logits")}
  if (${ROW_WRITER}) { result[row] = log(total) - (logits[at + targets[row]] - largest); }`;
  const inputs = [{ name: "logits" }, { name: "targets" }];
  const { rows, width } = rowsOf(shape);
  return rowKernel(
    { name: "crossEntropy", inputs, outputShape: [rows], rows, width, body },
    isSoftware,
    sharing,
  );
}

/** dlogits = dy (softmax - onehot). */
export function crossEntropyGradient({ shape, isSoftware, sharing }: Logits): WgslKernel {
  const body = `${sumOfExponentials("logits")}
  for (var i = first; i < width; i = i + stride) {
    let hit = select(0.0, 1.0, i == targets[row]);
    result[at + i] = dy[row] * (exp(logits[at + i] - largest) / total - hit);
  }`;
  const inputs = [{ name: "dy" }, { name: "logits" }, { name: "targets" }];
  const kernel = { name: "crossEntropyGradient", inputs, outputShape: shape, body };
  return rowKernel({ ...kernel, ...rowsOf(shape) }, isSoftware, sharing);
}

/** A reference probability of zero (logarithm -Infinity) contributes nothing, as in the twin. */
const DIVERGENCE_TERM = `
fn divergenceTerm(r : f32, logProbability : f32) -> f32 {
  if (r < -1e30) { return 0.0; }
  return exp(r) * (r - logProbability);
}`;

/** [n] = sum exp(reference) (reference - log softmax(logits)). */
export function klDivergenceForward({ shape, isSoftware, sharing }: Logits): WgslKernel {
  const body = `${sumOfExponentials("logits")}
  let logTotal = log(total);
  ${sumAlongRow("sum", "divergenceTerm(reference[at + i], logits[at + i] - largest - logTotal)")}
  if (${ROW_WRITER}) { result[row] = sum; }`;
  const inputs = [{ name: "reference" }, { name: "logits" }];
  const { rows, width } = rowsOf(shape);
  const kernel = { name: "klDivergence", inputs, outputShape: [rows], functions: DIVERGENCE_TERM, body };
  return rowKernel({ ...kernel, rows, width }, isSoftware, sharing);
}

/** dlogits = dy (softmax sum(exp reference) - exp(reference)). */
export function klDivergenceGradient({ shape, isSoftware, sharing }: Logits): WgslKernel {
  const body = `${sumOfExponentials("logits")}
  ${sumAlongRow("mass", "exp(reference[at + i])")}
  for (var i = first; i < width; i = i + stride) {
    result[at + i] = dy[row] * (exp(logits[at + i] - largest) / total * mass - exp(reference[at + i]));
  }`;
  const inputs = [{ name: "dy" }, { name: "reference" }, { name: "logits" }];
  const kernel = { name: "klDivergenceGradient", inputs, outputShape: shape, body };
  return rowKernel({ ...kernel, ...rowsOf(shape) }, isSoftware, sharing);
}
