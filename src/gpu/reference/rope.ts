/** Slow twin of the rotary position embedding. */
type Values = Float32Array | Int32Array;

export type RopeSize = {
  readonly batch: number;
  readonly positions: number;
  readonly heads: number;
  readonly headDim: number;
  readonly rotaryDims: number;
  readonly style: "half" | "interleaved";
  readonly firstPosition: number;
  /** Applies the transposed rotation: the gradient. */
  readonly transposed: boolean;
};

/**
 * Rotates pair p of every head at position t by the angle whose cosine and sine are cos[t, p], sin[t, p]
 * ([positions, rotaryDims / 2]). Pairs: "half" (p, p + rotaryDims / 2), "interleaved" (2p, 2p + 1). Dimensions from
 * rotaryDims on pass unchanged.
 */
export function rope(x: Values, cos: Values, sin: Values, size: RopeSize): Float32Array {
  const y = Float32Array.from(x);
  const half = size.rotaryDims / 2;
  for (let row = 0; row < size.batch * size.positions; row++) {
    const angle = (size.firstPosition + (row % size.positions)) * half;
    for (let head = 0; head < size.heads; head++) {
      const at = (row * size.heads + head) * size.headDim;
      for (let pair = 0; pair < half; pair++) {
        const first = at + (size.style === "half" ? pair : 2 * pair);
        const second = at + (size.style === "half" ? pair + half : 2 * pair + 1);
        const c = cos[angle + pair] as number;
        const s = (size.transposed ? -1 : 1) * (sin[angle + pair] as number);
        y[first] = (x[first] as number) * c - (x[second] as number) * s;
        y[second] = (x[second] as number) * c + (x[first] as number) * s;
      }
    }
  }
  return y;
}
