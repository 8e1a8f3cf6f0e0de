/** Normalisation over the last axis; gradient to x, gains and biases are frozen. */
import { runOne } from "../kernelSpec";
import { layerNormKernel, rmsNormKernel } from "../specs/normalise";
import type { Tensor } from "../tensor";
import { expectShape, lastExtent } from "./shape";

/** (x - mean) / sqrt(var + eps) * gain + bias; x [..., width], gain and bias [width]. */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, eps: number): Tensor {
  const width = lastExtent("layerNorm", x);
  expectShape("layerNorm", "gain", gain, [width]);
  expectShape("layerNorm", "bias", bias, [width]);
  return runOne(layerNormKernel, { x, gain, bias }, { eps });
}

/** x / sqrt(mean(x²) + eps) * gain; x [..., width], gain [width]. */
export function rmsNorm(x: Tensor, gain: Tensor, eps: number): Tensor {
  expectShape("rmsNorm", "gain", gain, [lastExtent("rmsNorm", x)]);
  return runOne(rmsNormKernel, { x, gain }, { eps });
}
