/** Rotary position embedding. */
import { invariant } from "../../lib/errors";
import { runOne } from "../kernelSpec";
import { ropeKernel } from "../specs/rope";
import type { Tensor } from "../tensor";
import { expectShape } from "./shape";

export interface RopeOptions {
  readonly heads: number;
  readonly headDim: number;
  /** How many leading dimensions of each head turn; even. */
  readonly rotaryDims: number;
  /** "half" pairs (p, p + rotaryDims / 2), "interleaved" pairs (2p, 2p + 1). */
  readonly style: "half" | "interleaved";
  /** [positions, rotaryDims / 2], frozen. */
  readonly cos: Tensor;
  readonly sin: Tensor;
  /** The position of x's first row. */
  readonly firstPosition: number;
}

/** x [B, S, heads * headDim], rotated; gradient to x. */
export function rope(x: Tensor, options: RopeOptions): Tensor {
  const { heads, headDim, rotaryDims, style, cos, sin, firstPosition } = options;
  const [, positions = 0] = expectShape("rope", "x", x, ["B", "S", heads * headDim]);
  invariant(
    rotaryDims % 2 === 0 && rotaryDims <= headDim,
    `rope: rotaryDims must be even and at most ${headDim}, got ${rotaryDims}`,
  );
  const [angles = 0] = expectShape("rope", "cos", cos, ["positions", rotaryDims / 2]);
  expectShape("rope", "sin", sin, [angles, rotaryDims / 2]);
  invariant(
    firstPosition >= 0 && firstPosition + positions <= angles,
    `rope: positions ${firstPosition} … ${firstPosition + positions - 1} leave the ${angles} tabled angles`,
  );
  return runOne(
    ropeKernel,
    { x, cos, sin },
    { heads, headDim, rotaryDims, style, firstPosition, transposed: false },
  );
}
