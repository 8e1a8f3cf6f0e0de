/** Packing leaves out zeros and nothing else, bit for bit. */
import { expect, test } from "vitest";
import { countKept, maskLength, packEntries, unpackEntries } from "./packedEntries";

const bits = (values: Float32Array<ArrayBuffer>) => [...new Uint32Array(values.buffer)];

test("every entry comes back, negative zeros too", () => {
  const values = new Float32Array(100);
  for (const at of [0, 31, 32, 63, 64, 99]) values[at] = at - 40.25;
  values[50] = -0;
  const packed = packEntries(values);
  expect(packed.values).toHaveLength(7);
  expect(packed.mask).toHaveLength(4);
  expect(bits(unpackEntries(packed))).toEqual(bits(values));
  expect(countKept(packed.mask!, 100)).toBe(7);
});

test("what is dense stays as it is, and nothing at all takes only its mask", () => {
  const dense = Float32Array.from({ length: 64 }, (_, at) => at + 1);
  expect(packEntries(dense)).toEqual({ length: 64, values: dense });
  const none = packEntries(new Float32Array(64));
  expect(none.values).toHaveLength(0);
  expect(unpackEntries(none)).toEqual(new Float32Array(64));
});

test("a mask that marks entries beyond the matrix is told", () => {
  const mask = new Int32Array(maskLength(40));
  mask[1] = 1 << 7;
  expect(countKept(mask, 40)).toBe(1);
  mask[1] = 1 << 8;
  expect(countKept(mask, 40)).toBeUndefined();
});
