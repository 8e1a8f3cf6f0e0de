import { expect, test } from "vitest";
import { memorySource } from "../byteSource/memorySource";
import { encodeHalf, halfTable, toHalf } from "../../lib/halfFloat";
import { encodeSafetensors } from "./encodeSafetensors";
import { readSafetensorsHeader } from "./safetensorsHeader";

test("what is written is read again", async () => {
  const tensors = new Map([
    ["a", { dtype: "F16", shape: [3], bytes: encodeHalf(Float32Array.of(1, -2, 0.5)) }],
    ["__proto__", { dtype: "F32", shape: [], bytes: new Uint8Array([0, 0, 128, 63]) }],
  ]);
  const file = encodeSafetensors(tensors, { made: "by a test" });
  const header = await readSafetensorsHeader(memorySource("x.safetensors", file));
  expect([...header.tensors.keys()]).toEqual(["a", "__proto__"]);
  expect(header.tensors.get("a")).toMatchObject({ dtype: "F16", shape: [3] });
  expect(header.tensors.get("a")!.begin % 8).toBe(0);
  expect(header.metadata).toEqual(new Map([["made", "by a test"]]));
});

test("every half-precision number survives the way to float32 and back", () => {
  halfTable().forEach((value, bits) => {
    if (Number.isNaN(value)) expect(toHalf(value) & 0x7fff).toBeGreaterThan(0x7c00);
    else expect(toHalf(value)).toBe(bits);
  });
});

test("rounding is to nearest, ties to even, and overflow is infinite", () => {
  const half = halfTable();
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [half[bits]!, half[bits + 1]!];
    const even = bits % 2 === 0 ? bits : bits + 1;
    expect(toHalf((low + high) / 2)).toBe(even);
    expect(toHalf(low + (high - low) * 0.25)).toBe(bits);
    expect(toHalf(-(low + (high - low) * 0.75))).toBe((bits + 1) | 0x8000);
  }
  expect(toHalf(65519)).toBe(0x7bff);
  expect(toHalf(65520)).toBe(0x7c00);
  expect(toHalf(-1e38)).toBe(0xfc00);
});
