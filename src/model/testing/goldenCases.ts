/**
 * What every backend must get right on every family of tests/fixtures/models: each case runs the product's forward
 * pass and returns how far it is from the stored numbers. Bounds are left to the callers.
 */
import {
  add,
  concat,
  crossEntropy,
  matmul,
  reshape,
  slice,
  sum,
  transpose,
  valueAndGradient,
} from "../../gpu/ops";
import { dispose, keep, read, tensor, tidy, zeros, type Tensor } from "../../gpu/tensor";
import { createLinear } from "../../gpu/weights";
import { attentionMap } from "../attentionMap";
import { forward, oneRow } from "../forward";
import { collect, type Hook, type Site } from "../hooks";
import type { Model } from "../model";
import { relativeError, type Expected } from "./openFixture";

export type GoldenContext = { model: Model; expected: Expected };

export type GoldenCase = {
  name: string;
  /** False where the fixture has no such numbers. */
  applies(context: GoldenContext): boolean;
  /** The measure of the fixtures' README. */
  error(context: GoldenContext): Promise<number>;
};

const always = () => true;

export const goldenCases: readonly GoldenCase[] = [
  ...[0, 1, 2].map((index) => ({
    name: `logits of prompt ${index}`,
    applies: always,
    error: (context: GoldenContext) => logitsError(context, index, `p${index}.logits`),
  })),
  site("embed", "p0.embed", () => ["embed"]),
  site("final norm", "p0.final_norm", () => ["final"]),
  site("residual stream", "p0.resid", everyLayer("resid")),
  site("attention output", "p0.attn_out", everyLayer("attnOut")),
  site("attention output before its norm", "p0.attn_raw", everyLayer("attnRaw")),
  site("attention heads", "p0.attn_z", everyLayer("attnZ")),
  site("MLP output", "p0.mlp_out", everyLayer("mlpOut")),
  site("MLP output before its norm", "p0.mlp_raw", everyLayer("mlpRaw")),
  site("MLP keys", "p0.mlp_key", everyLayer("mlpKey")),
  { name: "attention probabilities", applies: always, error: attentionError },
  {
    name: "gradient at the MLP output",
    applies: always,
    error: (context) => gradientError(context, "mlpOut"),
  },
  {
    name: "gradient at the residual stream",
    applies: always,
    error: (context) => gradientError(context, "resid"),
  },
  { name: "gradient of the MLP output matrix", applies: always, error: weightGradientError },
  {
    name: "a vector patched into the MLP output",
    applies: always,
    error: (context) => patchError(context, "mlpOut"),
  },
  {
    name: "a vector patched into the residual",
    applies: always,
    error: (context) => patchError(context, "resid"),
  },
  { name: "a rank-one edit of the MLP output matrix", applies: always, error: editError },
];

/** Logits at all positions of one prompt against a stored tensor. */
export async function logitsError(
  { model, expected }: GoldenContext,
  prompt: number,
  name: string,
): Promise<number> {
  const { logits, residual } = forward(model, oneRow(expected.prompts[prompt]!.ids), { logitsAt: "all" });
  return compare(expected, name, logits!, residual);
}

/** Reads the tensor, frees it and the others, and measures. */
async function compare(
  expected: Expected,
  name: string,
  actual: Tensor,
  ...others: Tensor[]
): Promise<number> {
  const values = await read(actual);
  dispose(actual, ...others);
  return relativeError(values, (await expected.tensor(name)).values);
}

function everyLayer(part: "resid" | "attnOut" | "attnRaw" | "attnZ" | "mlpOut" | "mlpRaw" | "mlpKey") {
  return ({ config }: Model): Site[] =>
    Array.from({ length: config.layers }, (_, layer): Site => `blocks.${layer}.${part}`);
}

/** Activations of prompt 0 at these sites, stacked, against one stored tensor. */
function site(name: string, stored: string, sites: (model: Model) => Site[]): GoldenCase {
  return {
    name,
    applies: ({ expected }) => expected.has(stored),
    error: async ({ model, expected }) => {
      const { hook, found } = collect(sites(model));
      const { logits, residual } = forward(model, oneRow(expected.prompts[0]!.ids), { at: hook });
      const stacked = concat([...found.values()], 0);
      return compare(expected, stored, stacked, logits!, residual, ...found.values());
    },
  };
}

async function attentionError({ model, expected }: GoldenContext): Promise<number> {
  const layers = Array.from({ length: model.config.layers }, (_, layer) => layer);
  const sites = layers.flatMap((layer): Site[] => [`blocks.${layer}.attnQuery`, `blocks.${layer}.attnKey`]);
  const { hook, found } = collect(sites);
  const maps = tidy(() => {
    forward(model, oneRow(expected.prompts[0]!.ids), { at: hook, logitsAt: "none" });
    return concat(
      layers.map((layer) => {
        const [query, key] = [found.get(`blocks.${layer}.attnQuery`)!, found.get(`blocks.${layer}.attnKey`)!];
        return attentionMap(model, layer, { query, key });
      }),
      0,
    );
  });
  return compare(expected, "p0.attn", maps, ...found.values());
}

/** -log p(target) at the last position of the gradient's prompt. */
function loss({ model, expected }: GoldenContext, at: Hook): Tensor {
  const { prompt, target_id: target } = expected.gradient;
  const { logits } = forward(model, oneRow(expected.prompts[prompt]!.ids), { at, logitsAt: "last" });
  return sum(crossEntropy(logits!, Int32Array.of(target)));
}

async function gradientError(context: GoldenContext, part: "mlpOut" | "resid"): Promise<number> {
  const { model, expected } = context;
  const { prompt, layer } = expected.gradient;
  const where: Site = `blocks.${layer}.${part}`;
  const delta = zeros([1, expected.prompts[prompt]!.ids.length, model.config.residualWidth]);
  const { value, gradient } = valueAndGradient(
    (x) => loss(context, (at, activation) => (at === where ? add(activation, x) : activation)),
    delta,
  );
  const [nll] = await read(value);
  const lossError = relativeError(Float32Array.of(nll!), (await expected.tensor("p0.nll")).values);
  const error = await compare(
    expected,
    `p0.grad.${part === "resid" ? "resid" : "mlp_out"}`,
    gradient,
    value,
    delta,
  );
  return Math.max(error, lossError);
}

/** The MLP's output matrix as a trainable tensor: the hook at its input computes the product, the one behind returns it. */
async function weightGradientError(context: GoldenContext): Promise<number> {
  const { model, expected } = context;
  const { layer } = expected.gradient;
  const { mlpWidth, residualWidth } = model.config;
  const weight = tensor(await model.weights.readBase(`blocks.${layer}.mlpOut`), [mlpWidth, residualWidth]);
  const bias = model.weights.vector(`blocks.${layer}.mlpOut.bias`);
  let product: Tensor | undefined;
  const { value, gradient } = valueAndGradient((trainable) => {
    return loss(context, (where, x) => {
      if (where === `blocks.${layer}.mlpKey`) {
        const y = matmul(reshape(x, [x.size / mlpWidth, mlpWidth]), trainable);
        product = keep(reshape(bias === undefined ? y : add(y, bias), [1, x.shape[1]!, residualWidth]));
      }
      return where === `blocks.${layer}.mlpRaw` ? product! : x;
    });
  }, weight);
  dispose(product);
  const stored = await expected.tensor("p0.grad.mlp_weight");
  const isInOut = stored.shape[0] === mlpWidth;
  const oriented = isInOut ? gradient : transpose(gradient, [1, 0]);
  return compare(expected, "p0.grad.mlp_weight", oriented, ...(isInOut ? [] : [gradient]), value, weight);
}

async function patchError({ model, expected }: GoldenContext, part: "mlpOut" | "resid"): Promise<number> {
  const { prompt, layer, position } = expected.gradient;
  const where: Site = `blocks.${layer}.${part}`;
  const vector = tensor((await expected.tensor("p0.patch.vector")).values, [
    1,
    1,
    model.config.residualWidth,
  ]);
  const { logits, residual } = forward(model, oneRow(expected.prompts[prompt]!.ids), {
    at: (at, x) => (at === where ? replacePosition(x, position, vector) : x),
    logitsAt: "last",
  });
  const name = `p0.patch.${part === "resid" ? "resid" : "mlp_out"}.logits`;
  return compare(expected, name, logits!, residual, vector);
}

function replacePosition(x: Tensor, position: number, vector: Tensor): Tensor {
  const [batch, , width] = x.shape as [number, number, number];
  const before = slice(x, [0, 0, 0], [batch, position, width]);
  const after = slice(x, [0, position + 1, 0], [batch, -1, width]);
  return concat([before, vector, after], 1);
}

/** W(in, out) + u vᵀ laid over the base; also that taking it away gives back the base's bits. */
async function editError(context: GoldenContext): Promise<number> {
  const { model, expected } = context;
  const { prompt, layer } = expected.edit;
  const name = `blocks.${layer}.mlpOut` as const;
  const edited = await model.weights.readBase(name);
  const u = (await expected.tensor("p0.edit.u")).values;
  const v = (await expected.tensor("p0.edit.v")).values;
  u.forEach((left, row) => v.forEach((right, column) => (edited[row * v.length + column]! += left * right)));
  const before = await bits(context, prompt);
  const override = createLinear(edited, u.length, v.length);
  model.weights.override(name, override);
  const error = await logitsError(context, prompt, "p0.edit.logits");
  model.weights.override(name, undefined);
  override.dispose();
  return (await bits(context, prompt)) === before ? error : Infinity;
}

async function bits({ model, expected }: GoldenContext, prompt: number): Promise<string> {
  const { logits, residual } = forward(model, oneRow(expected.prompts[prompt]!.ids), { logitsAt: "all" });
  const values = await read(logits!);
  dispose(logits, residual);
  return new Uint32Array(values.buffer).join();
}
