/** Layer norm and RMS norm over the last axis, and their common gradient to x. */
import { rowKernel, sumAlongRow } from "./rowwise";
import type { RowSharing } from "./rowwise";
import { rowsOf } from "./softmax";
import type { WgslKernel } from "./program";

type Norm = { shape: readonly number[]; eps: number; isSoftware: boolean; sharing?: RowSharing | undefined };

/** WGSL that defines `mean` (0 unless centred) and `inverse` = 1 / sqrt(variance + eps), in two passes for accuracy. */
function moments(centred: boolean): string {
  const mean = `${sumAlongRow("sum", "x[at + i]")}
  let mean = sum / f32(uniforms.width);`;
  return `${centred ? mean : "let mean = 0.0;"}
  ${sumAlongRow("squares", "(x[at + i] - mean) * (x[at + i] - mean)")}
  let inverse = 1.0 / sqrt(squares / f32(uniforms.width) + uniforms.eps);`;
}

/** (x - mean) · inverse · gain + bias; RMS norm has neither mean nor bias. */
export function normaliseForward({ shape, eps, isSoftware, sharing }: Norm, centred: boolean): WgslKernel {
  const body = `${moments(centred)}
  for (var i = first; i < width; i = i + stride) {
    result[at + i] = (x[at + i] - mean) * inverse * gain[i]${centred ? " + bias[i]" : ""};
  }`;
  const inputs = ["x", "gain", ...(centred ? ["bias"] : [])].map((name) => ({ name }));
  const kernel = { name: centred ? "layerNorm" : "rmsNorm", inputs, outputShape: shape, body };
  return rowKernel({ ...kernel, ...rowsOf(shape), uniforms: { eps: { f32: eps } } }, isSoftware, sharing);
}

/** inverse · (g - mean(g) - s · mean(g s)) with g = dy · gain, s = (x - mean) · inverse. */
export function normaliseGradient({ shape, eps, isSoftware, sharing }: Norm, centred: boolean): WgslKernel {
  const meanG = `${sumAlongRow("sumG", "dy[at + i] * gain[i]")}
  let meanG = sumG / f32(uniforms.width);`;
  const body = `${moments(centred)}
  ${centred ? meanG : "let meanG = 0.0;"}
  ${sumAlongRow("sumGs", "dy[at + i] * gain[i] * (x[at + i] - mean) * inverse")}
  let meanGs = sumGs / f32(uniforms.width);
  for (var i = first; i < width; i = i + stride) {
    let s = (x[at + i] - mean) * inverse;
    result[at + i] = inverse * (dy[at + i] * gain[i] - meanG - s * meanGs);
  }`;
  const inputs = ["dy", "x", "gain"].map((name) => ({ name }));
  const kernel = {
    name: centred ? "layerNormGradient" : "rmsNormGradient",
    inputs,
    outputShape: shape,
    body,
  };
  return rowKernel({ ...kernel, ...rowsOf(shape), uniforms: { eps: { f32: eps } } }, isSoftware, sharing);
}
