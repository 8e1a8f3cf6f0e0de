import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ContentHash } from "./contentHash";

const bytes = Uint8Array.from({ length: 9 << 20 }, (_, index) => (index * 7) ^ (index >> 8));

async function hashInPieces(size: number): Promise<string> {
  const hash = new ContentHash();
  await hash.addText("a 2x3");
  for (let start = 0; start < bytes.length; start += size)
    await hash.add(bytes.subarray(start, start + size));
  return hash.digest();
}

test("how the stream is cut makes no difference", async () => {
  const whole = await hashInPieces(bytes.length);
  expect(await hashInPieces(1_000_003)).toBe(whole);
  expect(await hashInPieces(4 << 20)).toBe(whole);
});

test("it is the SHA-256 of the blocks' SHA-256", async () => {
  const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest();
  const stream = Buffer.concat([Buffer.from("a 2x3\n"), bytes]);
  const blocks = [0, 4, 8].map((start) => sha256(stream.subarray(start << 20, (start + 4) << 20)));
  expect(await hashInPieces(bytes.length)).toBe(sha256(Buffer.concat(blocks)).toString("hex"));
});
