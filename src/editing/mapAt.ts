/** One linear map's input and output at one token, with the weights in use. */
import { flatRows, gatherRows } from "../gpu/ops";
import { dispose, keep, read, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { embed, oneRow, runBlocksWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import type { MatrixName } from "../model/weightNames";

/** Before an adapter that stands there changes the output. Throws `cancelled`. */
export async function readMapAt(
  model: Model,
  name: MatrixName,
  layer: number,
  ids: Int32Array,
  position: number,
  signal?: AbortSignal,
): Promise<{ input: Float32Array<ArrayBuffer>; output: Float32Array<ArrayBuffer> }> {
  const standing = model.weights.adapter(name);
  let seen: readonly Tensor[] | undefined;
  const row = (x: Tensor): Tensor => tidy(() => keep(gatherRows(flatRows(x), [position])));
  model.weights.adapt(name, (input, output) => {
    seen = [row(input), row(output)];
    return output;
  });
  const embedded = embed(model, oneRow(ids.subarray(0, position + 1)));
  try {
    dispose(await runBlocksWithPauses(model, 0, embedded, { toLayer: layer + 1, signal }));
    invariant(seen, `the forward pass uses ${name}`);
    const [input, output] = [await read(seen[0]!), await read(seen[1]!)];
    return { input: Float32Array.from(input), output: Float32Array.from(output) };
  } finally {
    model.weights.adapt(name, standing);
    dispose(embedded, ...(seen ?? []));
  }
}
