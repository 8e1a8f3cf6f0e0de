import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDemonstrations } from "./readDemonstrations";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-demonstrations-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "examples.json");
  writeFileSync(path, text);
  return path;
}

test("EasyEdit's fields become examples; a neighbour without an answer is none", async () => {
  const whole = { prompt: "A is", target_new: "b", rephrase_prompt: "A's is", locality_prompt: "C is" };
  const records = [{ ...whole, locality_ground_truth: "d", subject: "A", other_prompt: "A has" }, whole];
  expect(await readDemonstrations(file(JSON.stringify(records)))).toEqual([
    {
      ...{ prompt: "A is", target: "b", paraphrase: "A's is", neighbour: { prompt: "C is", answer: "d" } },
      ...{ subject: "A", other: "A has" },
    },
    { prompt: "A is", target: "b", paraphrase: "A's is" },
  ]);
});

test.each([
  ["no JSON", "is no JSON"],
  ["[]", "the list is wrong"],
  ['[{"prompt": "A is"}]', "0.target_new is wrong"],
  ['[{"prompt": "A is", "target_new": "b", "weight": 1}]', "0 is wrong"],
])("%s is refused", async (content, sentence) => {
  await expect(readDemonstrations(file(content))).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining(sentence) as string,
  });
});
