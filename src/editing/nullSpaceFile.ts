/**
 * A null space as a file, so that its decomposition (14 f³ operations) is done once for the same second moment and
 * threshold: safetensors with `eigenvalues` [f] and `basis` [m, f], both F64, so that a later edit gets the same bits.
 */
import type { NullSpace } from "../linalg/nullSpace";
import { memorySource } from "../loading/byteSource/memorySource";
import { encodeSafetensors } from "../loading/safetensors/encodeSafetensors";
import { readSafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import type { SecondMoment } from "./secondMoment";
import { hashMoment } from "./statistics";

/** Where null spaces are kept between sessions. Neither may throw for want of space. */
export type NullSpaceStore = {
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
};

/** Of the statistics' content and the threshold: other statistics have another name. */
export const nullSpaceName = async (moment: SecondMoment, threshold: number): Promise<string> =>
  `null-space-${await hashMoment(moment)}-${threshold}`;

export function writeNullSpace({ width, dimension, eigenvalues, basis, ofComplement }: NullSpace) {
  const bytesOf = (values: Float64Array) => new Uint8Array(Float64Array.from(values).buffer);
  const tensors = new Map([
    ["eigenvalues", { dtype: "F64", shape: [width], bytes: bytesOf(eigenvalues) }],
    ["basis", { dtype: "F64", shape: [basis.length / width, width], bytes: bytesOf(basis) }],
  ]);
  return encodeSafetensors(tensors, { dimension: `${dimension}`, ofComplement: `${ofComplement}` });
}

/** Undefined for anything that is not a null space of this width: it is computed again then. */
export async function readNullSpace(
  bytes: Uint8Array<ArrayBuffer>,
  width: number,
): Promise<NullSpace | undefined> {
  const header = await readSafetensorsHeader(memorySource("null space", bytes)).catch(() => undefined);
  const [values, rows] = ["eigenvalues", "basis"].map((name) => header?.tensors.get(name));
  const dimension = Number(header?.metadata.get("dimension"));
  const ofComplement = header?.metadata.get("ofComplement") === "true";
  const expected = ofComplement ? width - dimension : dimension;
  if (values?.shape.join() !== `${width}` || rows?.shape.join() !== `${expected},${width}`) return undefined;
  const numbers = (entry: { begin: number; end: number }) =>
    new Float64Array(bytes.slice(entry.begin, entry.end).buffer);
  if (values.dtype !== "F64" || rows.dtype !== "F64") return undefined;
  const [eigenvalues, basis] = [numbers(values), numbers(rows)];
  if (!eigenvalues.every(Number.isFinite) || !basis.every(Number.isFinite)) return undefined;
  return { width, dimension, eigenvalues, basis, ofComplement };
}
