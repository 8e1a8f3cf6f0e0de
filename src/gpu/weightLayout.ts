/**
 * How a frozen matrix lies in memory. Reading one element is enough for the slow twins; the fast kernels know the
 * layouts by heart.
 *
 * A weight W [inFeatures, outFeatures] maps x to x W. Layouts:
 * - "inOut": row-major [in, out].
 * - "outIn": row-major [out, in] (how an embedding table arrives; W is its transpose).
 * - "panels8": [ceil(out / 8), in, 8]: panel p holds columns 8p … 8p+7, padded with zeros. One copy serves x W (walk
 *   down a panel), dy Wᵀ (dot products along its 8 lanes) and the lookup of one output's row (stride 8).
 */
export type WeightLayout = "inOut" | "outIn" | "panels8";

export type WeightGeometry = {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly layout: WeightLayout;
};

export const PANEL = 8;

/** The shape of the tensor that holds a weight. */
export function weightShape({ inFeatures, outFeatures, layout }: WeightGeometry): number[] {
  switch (layout) {
    case "inOut":
      return [inFeatures, outFeatures];
    case "outIn":
      return [outFeatures, inFeatures];
    case "panels8":
      return [Math.ceil(outFeatures / PANEL), inFeatures, PANEL];
  }
}

/** The flat index of W[input, output]. */
export function weightIndex(geometry: WeightGeometry, input: number, output: number): number {
  switch (geometry.layout) {
    case "inOut":
      return input * geometry.outFeatures + output;
    case "outIn":
      return output * geometry.inFeatures + input;
    case "panels8":
      return (Math.floor(output / PANEL) * geometry.inFeatures + input) * PANEL + (output % PANEL);
  }
}

/**
 * Copies some rows of a row-major matrix to their places. `orientation` says what the rows are: rows of W (one input
 * each) or of its transpose (one output each).
 */
export function writeWeightRows(
  target: Float32Array,
  geometry: WeightGeometry,
  orientation: "inOut" | "outIn",
  firstRow: number,
  values: Float32Array,
): void {
  const width = orientation === "inOut" ? geometry.outFeatures : geometry.inFeatures;
  if (geometry.layout === orientation) {
    target.set(values, firstRow * width);
    return;
  }
  const rows = values.length / width;
  // In every other layout the elements of one source row lie at a fixed distance, except that panels repeat every 8.
  for (let row = 0; row < rows; row++) {
    const source = row * width;
    for (let column = 0; column < width; column++) {
      const input = orientation === "inOut" ? firstRow + row : column;
      const output = orientation === "inOut" ? column : firstRow + row;
      target[weightIndex(geometry, input, output)] = values[source + column] as number;
    }
  }
}

/** The inverse of writing all rows: W as row-major [in, out]. */
export function readWeightRows(source: Float32Array, geometry: WeightGeometry): Float32Array {
  const { inFeatures, outFeatures } = geometry;
  const values = new Float32Array(inFeatures * outFeatures);
  for (let input = 0; input < inFeatures; input++) {
    for (let output = 0; output < outFeatures; output++) {
      values[input * outFeatures + output] = source[weightIndex(geometry, input, output)] as number;
    }
  }
  return values;
}
