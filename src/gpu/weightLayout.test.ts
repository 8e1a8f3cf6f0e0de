import { expect, test } from "vitest";
import { readWeightRows, weightIndex, weightShape, writeWeightRows, type WeightLayout } from "./weightLayout";

const LAYOUTS: readonly WeightLayout[] = ["inOut", "outIn", "panels8"];
const SIZES = [
  [1, 1],
  [5, 8],
  [7, 19],
  [16, 33],
] as const;

test.each(LAYOUTS)(
  "%s: rows of either orientation, written in pieces, land where weightIndex says",
  (layout) => {
    for (const [inFeatures, outFeatures] of SIZES) {
      const geometry = { inFeatures, outFeatures, layout };
      const size = weightShape(geometry).reduce((product, extent) => product * extent, 1);
      for (const orientation of ["inOut", "outIn"] as const) {
        const [rows, width] = orientation === "inOut" ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
        const source = Float32Array.from({ length: rows * width }, (_, index) => index + 1);
        const target = new Float32Array(size);
        for (let first = 0; first < rows; first += 8) {
          const piece = source.subarray(first * width, Math.min(first + 8, rows) * width);
          writeWeightRows(target, geometry, orientation, first, piece);
        }
        const read = readWeightRows(target, geometry);
        for (let input = 0; input < inFeatures; input++) {
          for (let output = 0; output < outFeatures; output++) {
            const [row, column] = orientation === "inOut" ? [input, output] : [output, input];
            const value = source[row * width + column];
            expect(target[weightIndex(geometry, input, output)]).toBe(value);
            expect(read[input * outFeatures + output]).toBe(value);
          }
        }
        expect(target.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0)).toBe(inFeatures * outFeatures);
      }
    }
  },
);
