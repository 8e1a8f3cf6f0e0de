import { expect, test } from "vitest";
import { seededRandom } from "../testing/mutate";
import type { ByteSource } from "../byteSource";
import { memorySource } from "./memorySource";
import { readAheadSource } from "./readAheadSource";

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 31);

function counted(): { source: ByteSource; reads: [number, number][] } {
  const reads: [number, number][] = [];
  const memory = memorySource("x", bytes);
  const read: ByteSource["read"] = (start, end, signal) => {
    reads.push([start, end]);
    return memory.read(start, end, signal);
  };
  return { source: { ...memory, read }, reads };
}

test("every read gives the bytes asked for, alone or at the same time", async () => {
  const { source } = counted();
  const ahead = readAheadSource(source, 100);
  const random = seededRandom(1);
  const ranges = Array.from({ length: 500 }, () => {
    const start = random.below(1001);
    return [start, start + random.below(Math.min(160, 1001 - start))] as const;
  });
  const together = await Promise.all(ranges.map(([start, end]) => ahead.read(start, end)));
  for (const [i, [start, end]] of ranges.entries()) {
    expect(together[i]).toEqual(bytes.subarray(start, end));
    expect(await ahead.read(start, end)).toEqual(bytes.subarray(start, end));
  }
});

test("neighbouring small reads are one request, long ones their own", async () => {
  const { source, reads } = counted();
  const ahead = readAheadSource(source, 100);
  for (let at = 0; at < 200; at += 10) await ahead.read(at, at + 10);
  await ahead.read(300, 500);
  await ahead.read(990, 1000);
  expect(reads).toEqual([
    [0, 100],
    [100, 200],
    [300, 500],
    [990, 1000],
  ]);
});

test("outside the file is refused, and 0 means no reading ahead", async () => {
  const { source } = counted();
  await expect(readAheadSource(source, 100).read(990, 1001)).rejects.toMatchObject({ code: "truncated" });
  expect(readAheadSource(source, 0)).toBe(source);
});
