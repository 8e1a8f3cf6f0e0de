/** Layer norm and RMS norm over the last axis, and their common gradient to x (platform-independent: specs/normalise). */
import { rowKernel } from "./rowwise";
import type { RowSharing } from "./rowwise";
import { rowsOf } from "./softmax";
import type { WgslKernel } from "./program";

type Norm = { shape: readonly number[]; eps: number; isSoftware: boolean; sharing?: RowSharing | undefined };

/** WGSL that defines `mean` (0 unless centred) and `inverse` = 1 / sqrt(variance + eps), in two passes for accuracy. */
function moments(centred: boolean): string {
  const mean = `
  var lanesSum = 0.0;
  for (var i = first; i < width; i = i + stride) { lanesSum = lanesSum + x[at + i]; }
  let mean = sumOverRow(lane, lanesSum) / f32(uniforms.width);`;
  return `${centred ? mean : "let mean = 0.0;"}
  var lanesSquares = 0.0;
  for (var i = first; i < width; i = i + stride) {
    let deviation = x[at + i] - mean;
    lanesSquares = lanesSquares + deviation * deviation;
  }
  let inverse = 1.0 / sqrt(sumOverRow(lane, lanesSquares) / f32(uniforms.width) + uniforms.eps);`;
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
  const meanG = `
  var lanesG = 0.0;
  for (var i = first; i < width; i = i + stride) { lanesG = lanesG + dy[at + i] * gain[i]; }
  let meanG = sumOverRow(lane, lanesG) / f32(uniforms.width);`;
  const body = `${moments(centred)}
  ${centred ? meanG : "let meanG = 0.0;"}
  var lanesGs = 0.0;
  for (var i = first; i < width; i = i + stride) {
    lanesGs = lanesGs + dy[at + i] * gain[i] * (x[at + i] - mean) * inverse;
  }
  let meanGs = sumOverRow(lane, lanesGs) / f32(uniforms.width);
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
