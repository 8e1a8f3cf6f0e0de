/** What AlphaEdit tells of its projectors: how much of key space was free, and the spectrum that decided it. */
import type { NamedTensor } from "../../domain/edit";
import type { NullSpace } from "../../linalg/nullSpace";
import type { RecipeContext } from "./method";

/** Below this share of key space the projection takes most of every edit. */
const LITTLE_ROOM = 0.02;

/** Progress of one layer's decomposition among several, in per cent of all. */
export const reportDecomposition =
  ({ report }: RecipeContext, at: number, layers: number) =>
  (fraction: number): void =>
    report("Decomposing the second moments", Math.floor(100 * (at + fraction)), 100 * layers);

export function describeNullSpaces(spaces: ReadonlyMap<number, NullSpace>): {
  sentences: string[];
  tensors: NamedTensor[];
} {
  const entries = [...spaces];
  const tight = entries.filter(([, { dimension, width }]) => dimension < LITTLE_ROOM * width);
  return {
    sentences: tight.map(
      ([layer, { dimension, width, eigenvalues }]) =>
        `Layer ${layer} leaves ${dimension} of ${width} directions free at this threshold; its eigenvalues reach ` +
        `from ${eigenvalues.at(-1)!.toPrecision(2)} to ${eigenvalues[0]!.toPrecision(2)}. A larger nullSpaceThreshold gives more room.`,
    ),
    tensors: entries.map(([layer, { eigenvalues, width }]) => ({
      name: `eigenvalues.${layer}`,
      shape: [width],
      values: Float32Array.from(eigenvalues),
    })),
  };
}
