/**
 * How a frozen matrix lies in memory. Reading one element is enough for the slow twins; the fast kernels know the
 * layouts by heart.
 *
 * A weight W [inFeatures, outFeatures] maps x to x W. Layouts:
 * - "inOut": row-major [in, out].
 * - "outIn": row-major [out, in] (how an embedding table arrives; W is its transpose).
 * - "panels8": [ceil(out / 8), in, 8]: panel p holds columns 8p … 8p+7, padded with zeros. One copy serves x W (walk
 *   down a panel), dy Wᵀ (dot products along its 8 lanes) and the lookup of one output's row (stride 8).
 * The packed layouts are the same panels in fewer bits, as int32 words; packedPanels.ts writes and reads them:
 * - "panels8Float16", "panels8Bfloat16": [ceil(out / 8), in, 4]. Word k of a step holds lane k in its lower half and
 *   lane k + 4 in its upper one, so that four lanes are decoded at once.
 * - "panels8Int8": [ceil(out / 8), ceil(in / 32), 72]: for every 32 inputs 8 float32 scales, one per lane, then two
 *   words of four signed bytes per input (lanes 0 … 3 and 4 … 7, lane 0 lowest). A value is byte · scale.
 */
export type WeightLayout = "inOut" | "outIn" | "panels8" | PackedLayout;
export type PackedLayout = "panels8Float16" | "panels8Bfloat16" | "panels8Int8";

export type WeightGeometry = {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly layout: WeightLayout;
};

export const PANEL = 8 as const;

/** Inputs that share a scale in "panels8Int8": a GGUF Q8_0 block, so that such a file is kept without further loss. */
export const INT8_BLOCK = 32;
/** Words of a block: 8 scales and 32 steps of two words. */
export const INT8_BLOCK_WORDS = PANEL + 2 * INT8_BLOCK;

export function isPacked(layout: WeightLayout): layout is PackedLayout {
  return layout === "panels8Float16" || layout === "panels8Bfloat16" || layout === "panels8Int8";
}

/** The shape of the tensor that holds a weight. */
export function weightShape({ inFeatures, outFeatures, layout }: WeightGeometry): number[] {
  switch (layout) {
    case "inOut":
      return [inFeatures, outFeatures];
    case "outIn":
      return [outFeatures, inFeatures];
    case "panels8":
      return [Math.ceil(outFeatures / PANEL), inFeatures, PANEL];
    case "panels8Float16":
    case "panels8Bfloat16":
      return [Math.ceil(outFeatures / PANEL), inFeatures, PANEL / 2];
    case "panels8Int8":
      return [Math.ceil(outFeatures / PANEL), Math.ceil(inFeatures / INT8_BLOCK), INT8_BLOCK_WORDS];
  }
}

/** Bytes of the tensor that holds a weight. */
export function weightBytes(geometry: WeightGeometry): number {
  return 4 * weightShape(geometry).reduce((product, extent) => product * extent, 1);
}

/** The flat index of W[input, output] in a layout of float32 numbers. */
export function weightIndex(geometry: WeightGeometry, input: number, output: number): number {
  switch (geometry.layout) {
    case "inOut":
      return input * geometry.outFeatures + output;
    case "outIn":
      return output * geometry.inFeatures + input;
    case "panels8":
      return (Math.floor(output / PANEL) * geometry.inFeatures + input) * PANEL + (output % PANEL);
    default:
      throw new RangeError(`${geometry.layout} holds no float32 numbers`);
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
  if (geometry.layout === orientation) target.set(values, firstRow * width);
  else moveRows(geometry, orientation, firstRow, values.length / width, values, target, true);
}

/** The inverse of writing all rows: W as row-major [in, out]. */
export function readWeightRows(source: Float32Array, geometry: WeightGeometry): Float32Array {
  const { inFeatures, outFeatures } = geometry;
  const values = new Float32Array(inFeatures * outFeatures);
  moveRows(geometry, "inOut", 0, inFeatures, values, source, false);
  return values;
}

/** Moves rows of a plain matrix into the layout (`write`) or out of it. */
function moveRows(
  geometry: WeightGeometry,
  orientation: "inOut" | "outIn",
  firstRow: number,
  rowCount: number,
  plain: Float32Array,
  laid: Float32Array,
  write: boolean,
): void {
  const isInput = orientation === "inOut";
  const width = isInput ? geometry.outFeatures : geometry.inFeatures;
  // Within eight columns of one row the places lie at a fixed distance in every layout: one look-up serves eight.
  for (let row = 0; row < rowCount; row++) {
    const fixed = firstRow + row;
    for (let column = 0; column < width; column += PANEL) {
      const at = isInput ? weightIndex(geometry, fixed, column) : weightIndex(geometry, column, fixed);
      const next = isInput
        ? weightIndex(geometry, fixed, column + 1)
        : weightIndex(geometry, column + 1, fixed);
      const count = Math.min(PANEL, width - column);
      const from = row * width + column;
      for (let i = 0; i < count; i++) {
        const place = at + i * (next - at);
        if (write) laid[place] = plain[from + i] as number;
        else plain[from + i] = laid[place] as number;
      }
    }
  }
}
