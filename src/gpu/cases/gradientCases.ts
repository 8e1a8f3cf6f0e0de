/**
 * Functions of the facade whose gradients are compared with central differences, on every backend: this tests the
 * wiring (which gradient goes to which input) together with the kernels.
 */
import * as ops from "../ops";
import type { Tensor } from "../tensor";
import { tensor } from "../tensor";
import type { LinearWeight, RowTable } from "../weights";
import { createLinear, createRowTable } from "../weights";
import { randomValues, sizeOf } from "./random";

export interface GradientCase {
  readonly name: string;
  /** Shapes of the differentiable arguments. */
  readonly shapes: readonly (readonly number[])[];
  /** Makes the frozen parts once; everything in it is freed by `dispose`. */
  prepare(): Promise<Prepared>;
}

export interface Prepared {
  /** Any shape; the check contracts it with fixed random weights. */
  f(...xs: Tensor[]): Tensor;
  dispose(): void;
}

/** A case without frozen parts. */
function free(
  name: string,
  shapes: readonly (readonly number[])[],
  f: (...xs: Tensor[]) => Tensor,
): GradientCase {
  return { name, shapes, prepare: async () => ({ f, dispose: () => undefined }) };
}

/** A case with frozen tensors and weights. */
function frozen<T extends Record<string, Tensor | LinearWeight | RowTable>>(
  name: string,
  shapes: readonly (readonly number[])[],
  make: () => T | Promise<T>,
  f: (parts: T, ...xs: Tensor[]) => Tensor,
): GradientCase {
  return {
    name,
    shapes,
    prepare: async () => {
      const parts = await make();
      return {
        f: (...xs) => f(parts, ...xs),
        dispose: () => Object.values(parts).forEach((part) => part.dispose()),
      };
    },
  };
}

function constant(seed: number, shape: readonly number[], spread = 1): Tensor {
  return tensor(randomValues(seed, sizeOf(shape), spread), shape);
}

export const GRADIENT_CASES: readonly GradientCase[] = [
  frozen(
    "linear, to x and bias",
    [[5, 11], [13]],
    () => ({ weight: createLinear(randomValues(1, 11 * 13), 11, 13) }),
    ({ weight }, x, bias) => ops.linear(x!, weight, bias),
  ),
  ...(["float16", "bfloat16", "int8"] as const).map((format) =>
    frozen(
      `linear with a weight in ${format}, to x and bias`,
      [[5, 43], [13]],
      () => ({ weight: createLinear(randomValues(1, 43 * 13, 0.3), 43, 13, "inOut", format) }),
      ({ weight }, x, bias) => ops.linear(x!, weight, bias),
    ),
  ),
  frozen(
    "project through a table in int8",
    [[3, 8]],
    async () => ({
      table: await createRowTable(21, 8, (first, count) => randomValues(5 + first, count * 8), {
        maxChunkBytes: 288,
        format: "int8",
      }),
    }),
    ({ table }, x) => ops.project(x!, table),
  ),
  free(
    "matmul, to both",
    [
      [4, 9],
      [9, 6],
    ],
    (a, b) => ops.matmul(a!, b!),
  ),
  frozen(
    "project through a table",
    [[3, 8]],
    async () => ({
      table: await createRowTable(21, 8, (first, count) => randomValues(5 + first, count * 8)),
    }),
    ({ table }, x) => ops.project(x!, table),
  ),
  free(
    "attention with grouped heads",
    [
      [2, 5, 16],
      [2, 5, 8],
      [2, 5, 8],
    ],
    (query, key, value) =>
      ops.attention({ query: query!, key: key!, value: value!, heads: 4, keyValueHeads: 2, scale: 0.5 }),
  ),
  frozen(
    "attention with prefix, window and fewer queries",
    [
      [4, 2, 8],
      [4, 3, 8],
      [4, 3, 8],
    ],
    () => ({ prefixKey: constant(6, [2, 3, 8]), prefixValue: constant(7, [2, 3, 8]) }),
    ({ prefixKey, prefixValue }, query, key, value) =>
      ops.attention({
        query: query!,
        key: key!,
        value: value!,
        heads: 2,
        keyValueHeads: 2,
        scale: 0.5,
        window: 4,
        prefix: { key: prefixKey, value: prefixValue },
      }),
  ),
  frozen(
    "layer norm",
    [[3, 10]],
    () => ({ gain: constant(8, [10]), bias: constant(9, [10]) }),
    ({ gain, bias }, x) => ops.layerNorm(x!, gain, bias, 1e-5),
  ),
  frozen(
    "rms norm of three axes",
    [[2, 3, 6]],
    () => ({ gain: constant(10, [6]) }),
    ({ gain }, x) => ops.rmsNorm(x!, gain, 1e-5),
  ),
  ...(["half", "interleaved"] as const).map((style) =>
    frozen(
      `rope ${style}`,
      [[2, 3, 12]],
      () => ({ cos: constant(11, [6, 2]), sin: constant(12, [6, 2]) }),
      ({ cos, sin }, x) =>
        ops.rope(x!, { heads: 2, headDim: 6, rotaryDims: 4, style, cos, sin, firstPosition: 2 }),
    ),
  ),
  ...(["gelu_new", "gelu", "silu", "gelu_tanh"] as const).flatMap((kind) => [
    free(kind, [[3, 7]], (x) => ops.activation(ops.scale(x!, 3), kind)),
    free(
      `gated ${kind}`,
      [
        [3, 7],
        [3, 7],
      ],
      (gate, up) => ops.gatedActivation(gate!, up!, kind),
    ),
  ]),
  free("softmax", [[3, 9]], (x) => ops.softmax(x!)),
  free("log softmax", [[3, 9]], (x) => ops.logSoftmax(x!)),
  free("cross-entropy", [[3, 9]], (x) => ops.crossEntropy(x!, Int32Array.of(0, 8, 4))),
  frozen(
    "KL divergence",
    [[3, 9]],
    () => {
      const scores = constant(13, [3, 9]);
      const reference = ops.logSoftmax(scores);
      scores.dispose();
      return { reference };
    },
    ({ reference }, x) => ops.klDivergence(reference, x!),
  ),
  free("gather rows, one of them twice", [[5, 4]], (x) => ops.gatherRows(x!, [4, 1, 4])),
  free("arithmetic with broadcasting", [[3, 4], [4]], (a, b) =>
    ops.add(ops.mul(a!, b!), ops.div(ops.sub(a!, b!), ops.add(ops.square(b!), ops.square(b!)))),
  ),
  free("sum, mean, sqrt", [[3, 4]], (x) =>
    ops.mul(ops.sqrt(ops.sum(ops.square(x!), 1)), ops.mean(ops.square(x!), 1)),
  ),
  free(
    "slice, concat, reshape, transpose",
    [
      [3, 4],
      [2, 4],
    ],
    (a, b) => ops.transpose(ops.reshape(ops.concat([ops.slice(a!, [1, 0], [2, -1]), b!], 0), [2, 8]), [1, 0]),
  ),
];
