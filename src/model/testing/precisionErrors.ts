/** How far a fixture model kept in fewer bits is from the same model in float32, on the active backend. */
import { dispose, read } from "../../gpu/tensor";
import { createLinear } from "../../gpu/weights";
import { forward, oneRow } from "../forward";
import type { Model } from "../model";
import { goldenCases } from "./goldenCases";
import type { Expected } from "./openFixture";

/** Logits [T, V] of a fixture's prompt at every position. */
export async function logitsOf(model: Model, ids: ArrayLike<number>): Promise<Float32Array> {
  const { logits, residual } = forward(model, oneRow(ids), { logitsAt: "all" });
  const values = await read(logits!);
  dispose(logits, residual);
  return values;
}

/** The same model with float32 copies of what its matrices decode to laid over them, while `body` runs. */
export async function withDecodedMatrices<Result>(
  { weights }: Model,
  body: () => Promise<Result>,
): Promise<Result> {
  const copies = [];
  try {
    for (const name of weights.matrixNames) {
      const { inFeatures, outFeatures } = weights.matrix(name);
      const copy = createLinear(await weights.readBase(name), inFeatures, outFeatures);
      copies.push(copy);
      weights.override(name, copy);
    }
    return await body();
  } finally {
    for (const name of weights.matrixNames) weights.override(name, undefined);
    for (const copy of copies) copy.dispose();
  }
}

/** What rounding the weights does to logits, to a gradient through the blocks, and to an edited model. */
export const ROUNDED_CASES = [
  "logits of prompt 0",
  "logits of prompt 1",
  "gradient at the residual stream",
  "a rank-one edit of the MLP output matrix",
] as const;

/** Distance from the stored float64 numbers of the unrounded model, by the fixtures' measure. */
export async function roundedError(name: string, model: Model, expected: Expected): Promise<number> {
  return goldenCases.find((candidate) => candidate.name === name)!.error({ model, expected });
}
