import fc from "fast-check";
import { expect, test } from "vitest";
import { StopTexts } from "./stopTexts";
import { TextStream } from "./textStream";
import type { Tokenizer } from "./tokenizer/tokenizer";

/** One token per byte. */
const bytes = {
  decode: (ids: ArrayLike<number>) =>
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(ids)),
} as unknown as Tokenizer;

test("characters come whole, however many tokens they take", () => {
  const stream = new TextStream(bytes, new TextEncoder().encode("é"));
  const parts = Array.from(new TextEncoder().encode("a🙂b東"), (byte) => stream.push(byte));
  expect(parts).toEqual(["a", "", "", "", "🙂", "b", "", "", "東"]);
});

test("the parts of any text make the text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.string({ maxLength: 9 }),
      (text, before) => {
        const stream = new TextStream(bytes, new TextEncoder().encode(before));
        const parts = Array.from(new TextEncoder().encode(text), (byte) => stream.push(byte));
        const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
        expect(parts.join("") + stream.flush()).toBe(whole);
      },
    ),
  );
});

test("what never becomes a character reads as such at the end", () => {
  const stream = new TextStream(bytes, []);
  expect(stream.push(0xf0) + stream.push(0x9f)).toBe("");
  expect(stream.flush()).toBe("\uFFFD");
});

test("a stop text cuts, wherever its pieces come", () => {
  const stops = new StopTexts(["\n\n", "END", ""]);
  expect(["a\n", "b E", "N", "x"].map((part) => stops.push(part))).toEqual([false, false, false, false]);
  expect(stops.text).toBe("a\nb ENx");
  expect(stops.push("\n")).toBe(false);
  expect(stops.text).toBe("a\nb ENx");
  expect(stops.push("\nrest")).toBe(true);
  expect(stops.text).toBe("a\nb ENx");
});

test("the earliest of several stop texts counts; what was held back is released at the end", () => {
  const stops = new StopTexts(["cd", "b"]);
  expect(stops.push("abcd")).toBe(true);
  expect(stops.text).toBe("a");
  const open = new StopTexts(["cd"]);
  open.push("abc");
  expect(open.text).toBe("ab");
  open.flush();
  expect(open.text).toBe("abc");
});
