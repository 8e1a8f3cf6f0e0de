/** Slow twins of layer and root-mean-square normalisation over the last axis. */
type Values = Float32Array | Int32Array;

function moments(x: Values, row: number, width: number, centred: boolean) {
  let mean = 0;
  if (centred) {
    for (let i = 0; i < width; i++) mean += (x[row * width + i] as number) / width;
  }
  let variance = 0;
  for (let i = 0; i < width; i++) variance += ((x[row * width + i] as number) - mean) ** 2 / width;
  return { mean, variance };
}

/** (x - mean) / sqrt(variance + eps) * gain + bias; without a bias the mean is not subtracted (RMS norm). */
export function normalise(x: Values, gain: Values, bias: Values | undefined, eps: number): Float32Array {
  const width = gain.length;
  const y = new Float32Array(x.length);
  for (let row = 0; row < x.length / width; row++) {
    const { mean, variance } = moments(x, row, width, bias !== undefined);
    const inverse = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < width; i++) {
      const standard = ((x[row * width + i] as number) - mean) * inverse;
      y[row * width + i] = standard * (gain[i] as number) + (bias ? (bias[i] as number) : 0);
    }
  }
  return y;
}

/** dx = inverse * (g - mean(g) - s * mean(g s)) with g = dy * gain and s the standardised x; RMS norm has no mean(g). */
export function normaliseGradient(
  dy: Values,
  x: Values,
  gain: Values,
  eps: number,
  centred: boolean,
): Float32Array {
  const width = gain.length;
  const dx = new Float32Array(x.length);
  for (let row = 0; row < x.length / width; row++) {
    const { mean, variance } = moments(x, row, width, centred);
    const inverse = 1 / Math.sqrt(variance + eps);
    let meanG = 0;
    let meanGs = 0;
    for (let i = 0; i < width; i++) {
      const g = (dy[row * width + i] as number) * (gain[i] as number);
      if (centred) meanG += g / width;
      meanGs += (g * ((x[row * width + i] as number) - mean) * inverse) / width;
    }
    for (let i = 0; i < width; i++) {
      const g = (dy[row * width + i] as number) * (gain[i] as number);
      const standard = ((x[row * width + i] as number) - mean) * inverse;
      dx[row * width + i] = inverse * (g - meanG - standard * meanGs);
    }
  }
  return dx;
}
