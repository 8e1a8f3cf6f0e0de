/** Text from models and files: what could hide or reorder is spelled out, everything else stays. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { visibleJson, visiblePieces, visibleString } from "./visibleText";

test.each([
  [" Oslo", "␣Oslo"],
  ["a\nb", "a⏎b"],
  ["\u202eabc", "[U+202E]abc"],
  ["zero\u200bwidth", "zero[U+200B]width"],
  ["\ufeffmark", "[U+FEFF]mark"],
  ["\u0000", "[U+0000]"],
  ["\ud800", "[U+D800]"],
  ["tag\u{e0041}", "tag[U+E0041]"],
  ["filler\u3164", "filler[U+3164]"],
  ["a\u2066b\u2069", "a[U+2066]b[U+2069]"],
  ["next\u0085line", "next[U+0085]line"],
  ["❤\ufe0f", "❤\ufe0f"],
  ["日本語 é 🙂", "日本語␣é␣🙂"],
])("token %j is drawn as %s", (text, drawn) => expect(visibleString(text, "all")).toBe(drawn));

test("running text keeps its spaces and line breaks", () => {
  expect(visibleString("a b\nc", "none")).toBe("a b\nc");
});

test("JSON stays the same document and holds nothing that a terminal would act on", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = visibleJson({ [text]: text });
      expect(JSON.parse(json)).toEqual({ [text]: text });
      expect(json).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
    }),
  );
});

test("nothing is lost: the plain pieces are the safe characters in order", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const pieces = visiblePieces(text, "none");
      const plain = pieces.filter(({ kind }) => kind === "plain").map((piece) => piece.text);
      const escapes = pieces.filter(({ kind }) => kind === "escape").length;
      expect([...plain.join("")].length + escapes).toBe([...text].length);
      expect(plain.join("")).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u);
    }),
  );
});
