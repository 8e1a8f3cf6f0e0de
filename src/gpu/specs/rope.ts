/** Rotary position embedding; its gradient is the transposed rotation, so one kernel serves both. */
import { defineKernel, runOne } from "../kernelSpec";
import type { KernelSpec } from "../kernelSpec";
import * as reference from "../reference/rope";

export type RopeAttributes = {
  readonly heads: number;
  readonly headDim: number;
  readonly rotaryDims: number;
  readonly style: "half" | "interleaved";
  readonly firstPosition: number;
  readonly transposed: boolean;
};

/** x [B, S, H*dh]; cos and sin [at least firstPosition + S, rotaryDims / 2], frozen. */
export const ropeKernel: KernelSpec<"x" | "cos" | "sin", RopeAttributes> = defineKernel({
  name: "PalimpsestRope",
  inputs: ["x", "cos", "sin"],
  outputShapes: ({ x }) => [[...x]],
  reference: ({ x, cos, sin }, attrs) => [
    reference.rope(x.values, cos.values, sin.values, {
      ...attrs,
      batch: x.shape[0] as number,
      positions: x.shape[1] as number,
    }),
  ],
  gradient: {
    save: ["cos", "sin"],
    of: (dy, { cos, sin }, attrs) => ({
      x: () => runOne(ropeKernel, { x: dy, cos, sin }, { ...attrs, transposed: !attrs.transposed }),
    }),
  },
});
