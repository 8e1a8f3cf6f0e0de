/**
 * Linear maps with a frozen weight, in both directions, and the row lookup that reads the same weight.
 * `weight` has one of the layouts of weightLayout.ts, named by the attribute `layout`.
 */
import { sum } from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defineKernel, runOne } from "../kernelSpec";
import * as reference from "../reference/linear";
import type { WeightGeometry, WeightLayout } from "../weightLayout";

type LinearAttributes = {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly layout: WeightLayout;
};

function geometryOf({ inFeatures, outFeatures, layout }: LinearAttributes): WeightGeometry {
  return { inFeatures, outFeatures, layout };
}

/** dx [n, in] = dy [n, out] Wᵀ. */
export const linearInputGradientKernel = defineKernel<"dy" | "weight", LinearAttributes>({
  name: "PalimpsestLinearInputGradient",
  inputs: ["dy", "weight"],
  outputShapes: ({ dy }, { inFeatures }) => [[dy[0] as number, inFeatures]],
  reference: ({ dy, weight }, attrs) => [
    reference.linearInputGradient(dy.values, weight.values, geometryOf(attrs)),
  ],
});

/** y [n, out] = x [n, in] W + bias [out]; without `hasBias` the input `bias` is a scalar nobody reads. */
export const linearKernel = defineKernel<
  "x" | "weight" | "bias",
  LinearAttributes & { readonly hasBias: boolean }
>({
  name: "PalimpsestLinear",
  inputs: ["x", "weight", "bias"],
  outputShapes: ({ x }, { outFeatures }) => [[x[0] as number, outFeatures]],
  reference: ({ x, weight, bias }, attrs) => [
    reference.linear(x.values, weight.values, geometryOf(attrs), attrs.hasBias ? bias.values : undefined),
  ],
  gradient: {
    save: ["weight"],
    of: (dy: Tensor, { weight }, { inFeatures, outFeatures, layout }) => ({
      x: () => runOne(linearInputGradientKernel, { dy, weight }, { inFeatures, outFeatures, layout }),
      bias: () => sum(dy, 0),
    }),
  },
});

/**
 * y [n, in]: for every id (int32 [n]) row `id - firstRow` of Wᵀ, and zeros where that row is not in this chunk, so
 * that the results of all chunks of a table can be added.
 */
export const lookupKernel = defineKernel<"ids" | "weight", LinearAttributes & { readonly firstRow: number }>({
  name: "PalimpsestLookup",
  inputs: ["ids", "weight"],
  outputShapes: ({ ids }, { inFeatures }) => [[ids[0] as number, inFeatures]],
  reference: ({ ids, weight }, attrs) => [
    reference.lookup(ids.values, weight.values, geometryOf(attrs), attrs.firstRow),
  ],
});
