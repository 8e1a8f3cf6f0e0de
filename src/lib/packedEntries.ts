/** Matrices of which only some entries differ from zero, kept without the others: a copy that learns under a mask (WISE). */
import type { PackedEntries } from "../domain/edit";

/** Bits in one number of a mask. */
const WORD = 32;

/** How many numbers a mask of `length` entries takes. */
export const maskLength = (length: number): number => Math.ceil(length / WORD);

/** Whether an entry is kept. */
const isSet = (mask: Int32Array, at: number): boolean => ((mask[at >>> 5]! >>> (at & 31)) & 1) === 1;

/** Keeps every entry where leaving some out would save nothing. A negative zero is kept, so unpacking gives each bit back. */
export function packEntries(values: Float32Array<ArrayBuffer>): PackedEntries {
  const { length } = values;
  const kept = values.reduce((count, value) => count + (Object.is(value, 0) ? 0 : 1), 0);
  if (kept + maskLength(length) >= length) return { length, values };
  const mask = new Int32Array(maskLength(length));
  const packed = new Float32Array(kept);
  let next = 0;
  values.forEach((value, at) => {
    if (Object.is(value, 0)) return;
    mask[at >>> 5]! |= 1 << (at & 31);
    packed[next++] = value;
  });
  return { length, mask, values: packed };
}

/** All `length` entries. */
export function unpackEntries({ length, mask, values }: PackedEntries): Float32Array<ArrayBuffer> {
  if (mask === undefined) return values;
  const unpacked = new Float32Array(length);
  let next = 0;
  for (let at = 0; at < length; at++) if (isSet(mask, at)) unpacked[at] = values[next++]!;
  return unpacked;
}

/** How many entries a mask keeps of `length`; undefined where it marks some beyond them. */
export function countKept(mask: Int32Array, length: number): number | undefined {
  let count = 0;
  for (let at = 0; at < mask.length * WORD; at++) {
    if (!isSet(mask, at)) continue;
    if (at >= length) return undefined;
    count++;
  }
  return count;
}
