/** What the writer writes, the reader reads: values to the bit, metadata as text. */
import { expect, test } from "vitest";
import { memorySource } from "../byteSource/memorySource";
import { readSafetensorsHeader } from "./safetensorsHeader";
import { writeSafetensors } from "./writeSafetensors";

test("a written file is read back to the bit", async () => {
  const odd = Float32Array.from([Math.PI, -0, 1e-40, 3]);
  const tensors = [
    { name: "b", shape: [2, 2], values: odd },
    { name: "a", shape: [3], values: Int32Array.from([1, -2, 3]) },
    { name: "empty", shape: [0, 4], values: new Float32Array(0) },
    { name: "double", shape: [1], values: Float64Array.from([1 / 3]) },
  ];
  const file = writeSafetensors(tensors, { note: "“quoted” ☃" });
  const header = await readSafetensorsHeader(memorySource("x.safetensors", file));
  expect(header.metadata).toEqual(new Map([["note", "“quoted” ☃"]]));
  expect([...header.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
    ["b", "F32", [2, 2]],
    ["a", "I32", [3]],
    ["empty", "F32", [0, 4]],
    ["double", "F64", [1]],
  ]);
  const { begin, end } = header.tensors.get("b")!;
  expect(begin % 8).toBe(0);
  expect(new Uint32Array(file.slice(begin, end).buffer)).toEqual(new Uint32Array(odd.buffer));
});

test("equal input gives equal bytes", () => {
  const tensors = [{ name: "w", shape: [1], values: Float32Array.from([2]) }];
  expect(writeSafetensors(tensors)).toEqual(writeSafetensors(tensors));
});

test("a shape that does not fit is a bug", () => {
  expect(() => writeSafetensors([{ name: "w", shape: [3], values: new Float32Array(2) }])).toThrow(
    "Invariant",
  );
});
