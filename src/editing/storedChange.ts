/** An edit's change as a checkpoint stores the weight: for people who compare it with their own files. */
import type { NamedTensor, WeightUpdate } from "../domain/edit";
import { families } from "../model/families/families";
import type { Model } from "../model/model";
import { denseChange } from "./weightUpdates";

/** ΔW under `name`: [in, out] where the family keeps its matrices as GPT-2 does, else [out, in]. */
export function storedChange(model: Model, name: string, update: WeightUpdate): NamedTensor {
  const change = denseChange(update);
  const family = families.find((candidate) => candidate.name === model.config.family);
  if (family?.block.mlpOut.stored !== "inOut") {
    return { name, shape: [update.out, update.in], values: Float32Array.from(change) };
  }
  const values = new Float32Array(change.length);
  for (let row = 0; row < update.out; row++)
    for (let column = 0; column < update.in; column++)
      values[column * update.out + row] = change[row * update.in + column]!;
  return { name, shape: [update.in, update.out], values };
}
