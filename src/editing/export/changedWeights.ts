/**
 * The changed weights whole, under the checkpoint's own names and in its orientation, as one safetensors file that
 * loads over the checkpoint (`load_state_dict(…, strict=False)`). A tensor that holds queries, keys and values is
 * written with all three.
 */
import type { ExportedFile } from "../../domain/export";
import { read } from "../../gpu/tensor";
import { readLinear } from "../../gpu/weights";
import { invariant } from "../../lib/errors";
import { memorySource } from "../../loading/byteSource/memorySource";
import { openSafetensors } from "../../loading/safetensors/safetensorsTensors";
import { writeSafetensors } from "../../loading/safetensors/writeSafetensors";
import { readTensor } from "../../loading/tensorReader";
import type { MatrixName } from "../../model/weightNames";
import type { ModelWeights } from "../../model/weights";
import type { CheckpointPlace } from "./checkpointPlace";

export const CHANGED_WEIGHTS = "edited_weights.safetensors";

type Places = ReadonlyMap<string, CheckpointPlace>;

/** @param names canonical names of the weights that edits change */
export async function writeChangedWeights(
  names: readonly string[],
  places: Places,
  weights: ModelWeights,
): Promise<ExportedFile> {
  const tensors = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  for (const name of withNeighbours(names, places)) {
    const place = places.get(name)!;
    const { tensor, shape } = place;
    const stored = tensors.get(tensor) ?? {
      shape,
      values: new Float32Array(shape.reduce((product, n) => product * n, 1)),
    };
    tensors.set(tensor, stored);
    const values = await weightInUse(weights, name);
    forEachPlace(place, (own, at) => (stored.values[at] = values[own]! - place.offset));
  }
  const bytes = writeSafetensors(
    [...tensors].map(([name, stored]) => ({ name, ...stored })),
    { format: "pt" },
  );
  return { name: CHANGED_WEIGHTS, bytes };
}

/** Reads the file as a loader would and gives the largest difference from the weights in use. */
export async function differenceOfChangedWeights(
  bytes: Uint8Array<ArrayBuffer>,
  names: readonly string[],
  places: Places,
  weights: ModelWeights,
): Promise<number> {
  const { tensors } = await openSafetensors(memorySource(CHANGED_WEIGHTS, bytes));
  let largest = 0;
  for (const name of withNeighbours(names, places)) {
    const place = places.get(name)!;
    const tensor = tensors.get(place.tensor);
    invariant(tensor?.stored, `the file holds ${place.tensor}`);
    const stored = await readTensor(tensor.stored);
    const values = await weightInUse(weights, name);
    forEachPlace(place, (own, at) => {
      const read = Math.fround(stored[at]! + place.offset);
      largest = Math.max(largest, Math.abs(read - values[own]!));
    });
  }
  return largest;
}

/** These weights and all others that share a stored tensor with one of them. */
function withNeighbours(names: readonly string[], places: Places): string[] {
  const tensors = new Set(names.map((name) => places.get(name)?.tensor));
  return [...places].filter(([, { tensor }]) => tensors.has(tensor)).map(([name]) => name);
}

/** A matrix as [in, out], or a vector. */
export async function weightInUse(weights: ModelWeights, name: string): Promise<Float32Array> {
  const vector = weights.vector(name);
  return vector ? read(vector) : readLinear(weights.matrix(name as MatrixName));
}

/** Every number of a weight: its index in [in, out], and where it lies in the stored tensor. */
function forEachPlace(place: CheckpointPlace, visit: (own: number, stored: number) => void): void {
  const { in: inWidth, out, storedOut, inOut } = place;
  for (let o = 0; o < out; o++) {
    const row = place.rowOf(o);
    for (let i = 0; i < inWidth; i++) visit(i * out + o, inOut ? i * storedOut + row : row * inWidth + i);
  }
}
