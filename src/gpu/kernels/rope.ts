/** Rotary position embedding and, with `transposed`, its gradient. */
import type { RopeAttributes } from "../specs/rope";
import { elementKernel } from "./elementwise";
import type { WgslKernel } from "./program";

/** x [B, S, heads · headDim]; cos and sin [positions, rotaryDims / 2]. */
export function ropeKernel(shape: readonly number[], attrs: RopeAttributes): WgslKernel {
  const [, positions = 0] = shape;
  const half = attrs.rotaryDims / 2;
  return elementKernel({
    name: `rope-${attrs.style}`,
    inputs: ["x", "cosines", "sines"],
    outputShape: shape,
    uniforms: {
      positions: { i32: positions },
      heads: { i32: attrs.heads },
      headDim: { i32: attrs.headDim },
      half: { i32: half },
      firstPosition: { i32: attrs.firstPosition },
      direction: { f32: attrs.transposed ? -1 : 1 },
    },
    functions: attrs.style === "half" ? HALF : INTERLEAVED,
    value: `
  let dim = index % uniforms.headDim;
  if (dim >= 2 * uniforms.half) { return x[index]; }
  let position = (index / (uniforms.headDim * uniforms.heads)) % uniforms.positions;
  let isFirst = isFirstOfPair(dim);
  let angle = (uniforms.firstPosition + position) * uniforms.half + pairOf(dim);
  let other = x[index + select(-1, 1, isFirst) * pairDistance()];
  let turned = select(other, -other, isFirst) * uniforms.direction * sines[angle];
  return x[index] * cosines[angle] + turned;`,
  });
}

const HALF = `
fn isFirstOfPair(dim : i32) -> bool { return dim < uniforms.half; }
fn pairOf(dim : i32) -> i32 { return dim % uniforms.half; }
fn pairDistance() -> i32 { return uniforms.half; }`;

const INTERLEAVED = `
fn isFirstOfPair(dim : i32) -> bool { return dim % 2 == 0; }
fn pairOf(dim : i32) -> i32 { return dim / 2; }
fn pairDistance() -> i32 { return 1; }`;
