/** The model's weights applied to activations [batch, positions, width]: linear maps, norms, rotation. */
import { layerNorm, linear, reshape, rmsNorm, rope } from "../gpu/ops";
import type { Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import type { Model } from "./model";
import type { MatrixName, NormName } from "./weightNames";

/** x W + b with the matrix in use (base or override), and what an adapter makes of it. */
export function project(model: Model, name: MatrixName, x: Tensor): Tensor {
  const { weights } = model;
  const [batch, positions, width] = sizes(x);
  const weight = weights.matrix(name);
  const y = linear(reshape(x, [batch * positions, width]), weight, weights.vector(`${name}.bias`));
  const output = reshape(y, [batch, positions, weight.outFeatures]);
  return weights.adapter(name)?.(x, output) ?? output;
}

/** The named norm over the last axis, and what an adapter makes of it. */
export function normalise(model: Model, name: NormName, x: Tensor): Tensor {
  const gain = model.weights.vector(name);
  invariant(gain, `the model has a norm ${name}`);
  const output = normaliseWith(model, x, gain, model.weights.vector(`${name}.bias`));
  return model.weights.adapter(name)?.(x, output) ?? output;
}

/** The model's kind of norm with the given gain and, for layer norm, bias. */
export function normaliseWith(
  { config }: Pick<Model, "config">,
  x: Tensor,
  gain: Tensor,
  bias: Tensor | undefined,
): Tensor {
  if (config.norm === "rms") return rmsNorm(x, gain, config.normEpsilon);
  invariant(bias, "a layer norm has a bias");
  return layerNorm(x, gain, bias, config.normEpsilon);
}

/** The named norm over every head by itself; x [B, S, heads * headDim]. */
export function normaliseHeads(model: Model, name: NormName, x: Tensor): Tensor {
  const { headDim } = model.config;
  return reshape(normalise(model, name, reshape(x, [x.size / headDim, headDim])), x.shape);
}

/** Turns queries or keys by their positions; unchanged in layers without rotation. */
export function rotate(model: Model, layer: number, x: Tensor, heads: number, firstPosition: number): Tensor {
  const { layerAttention, rotaries, headDim } = model.config;
  const index = layerAttention[layer]?.rotary;
  if (index === undefined) return x;
  const { dims, style } = rotaries[index]!;
  const { cos, sin } = model.rotaryTables.table(index, firstPosition + x.shape[1]!);
  return rope(x, { heads, headDim, rotaryDims: dims, style, cos, sin, firstPosition });
}

/** [batch, positions, width]. */
export function sizes(x: Tensor): readonly [number, number, number] {
  invariant(x.shape.length === 3, `activations are [batch, positions, width], not [${x.shape.join(", ")}]`);
  return x.shape as [number, number, number];
}
