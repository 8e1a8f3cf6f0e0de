/** The gallery that is shipped can be read, and what is no gallery cannot. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseGallery, parseStored, promptOf } from "./gallery";

const shipped = (): unknown => JSON.parse(readFileSync("public/examples/gallery.json", "utf8"));

test("every shipped example is complete", () => {
  const gallery = parseGallery(shipped());
  expect(gallery?.examples.length).toBeGreaterThanOrEqual(24);
  expect(new Set(gallery?.examples.map(({ category }) => category)).size).toBe(5);
  for (const example of gallery?.examples ?? []) {
    const { text, subject } = promptOf(example);
    expect(text.slice(subject.start, subject.end)).toBe(example.subject);
    expect(example.template.split("{}")).toHaveLength(2);
    expect(example.target).not.toBe(example.answer);
    expect(example.paraphrases.length).toBeGreaterThan(0);
    expect(example.neighbours.length).toBeGreaterThan(0);
    expect(example.paraphrases.every((wording) => wording.includes(example.subject))).toBe(true);
  }
});

test.each([null, 3, {}, { model: "x" }, { model: 1, examples: [] }])("%j is no gallery", (json) => {
  expect(parseGallery(json)).toBeUndefined();
});

test.each([null, {}, { example: "x", trace: {}, edit: {} }])("%j is no stored result", (json) => {
  expect(parseStored(json)).toBeUndefined();
});

test("the shipped result can be read, and not with a part missing", () => {
  const json = JSON.parse(readFileSync("public/examples/stored.json", "utf8")) as Record<string, object>;
  expect(parseStored(json)).toBeDefined();
  for (const part of ["trace", "edit"]) {
    for (const name of ["requests", "probes", "predictedInterference", "scores", "tokens", "warnings"]) {
      if (!Object.hasOwn(json[part]!, name)) continue;
      expect(parseStored({ ...json, [part]: { ...json[part], [name]: "?" } }), name).toBeUndefined();
    }
  }
});
