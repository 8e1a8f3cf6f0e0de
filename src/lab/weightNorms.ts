/** How large the weights are that edits have changed, and how far they are from the checkpoint's. */
import type { LifelongPoint } from "../domain/lifelong";
import { readLinear } from "../gpu/weights";
import { norm, relativeDifference } from "../linalg/norms";
import type { LoadedState } from "./session";

/** Of every matrix that an edit of the stack, switched on, has changed. */
export async function weightNorms({ model, stack }: LoadedState): Promise<LifelongPoint["norms"]> {
  const enabled = stack.edits.filter((edit) => edit.enabled);
  const changed = new Set(enabled.flatMap(({ updates }) => updates.map(({ weight }) => weight)));
  const found: LifelongPoint["norms"] = [];
  for (const name of model.weights.matrixNames) {
    if (!changed.has(name)) continue;
    const now = await readLinear(model.weights.matrix(name));
    const relativeChange = relativeDifference(now, await model.weights.readBase(name));
    found.push({ weight: name, norm: norm(now), relativeChange });
  }
  return found;
}
