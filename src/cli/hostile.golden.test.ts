/** Files that mean harm, given to the real command line: it ends in time, names the file, and prints nothing that acts. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  MARKUP_PROMPT,
  modelOfMarkupArchitecture,
  modelWithEndlessPattern,
  modelWithEndlessTemplate,
  modelWithMarkupTokens,
} from "../../tests/hostileModel";

const ROOT = join(import.meta.dirname, "../..");
/** What moves a cursor, clears a screen or turns text round. Line feeds part lines. */
const ACTING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;

const folders: string[] = [];
const made = (folder: string): string => {
  folders.push(folder);
  return folder;
};
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function palimpsest(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "bin/palimpsest.mjs"), ...words],
    { cwd: ROOT, encoding: "utf8", timeout: 120_000 },
  );
  return { code: status, out: stdout, err: stderr };
}

describe("the command line with harmful files", () => {
  test("tokens that clear the screen are printed as escapes, in tables and in JSON", () => {
    const model = made(modelWithMarkupTokens());
    const words = ["generate", "--model", model, "--prompt", MARKUP_PROMPT, "--max-tokens", "4"];
    const asText = palimpsest(...words);
    expect(asText.code).toBe(0);
    expect(asText.out).toContain("<img src=x");
    expect(asText.out).toContain("[U+202E][U+001B][2J");
    expect(asText.out + asText.err).not.toMatch(ACTING);
    const asJson = palimpsest(...words, "--json");
    expect(asJson.out).not.toMatch(ACTING);
    const { next } = JSON.parse(asJson.out) as { next: { text: string }[] };
    expect(next.some(({ text }) => text.includes("\u202e\u001b[2J"))).toBe(true);
  });

  test("a refusal quotes the file without its characters acting", () => {
    const { code, out, err } = palimpsest(
      "generate",
      "--model",
      made(modelOfMarkupArchitecture()),
      "--prompt",
      "a",
    );
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("<img src=x");
    expect(err).not.toMatch(ACTING);
  });

  test("a splitting pattern without end is stopped after 15 s", () => {
    const model = made(modelWithEndlessPattern());
    const started = performance.now();
    const { code, err } = palimpsest("generate", "--model", model, "--prompt", "a".repeat(3000));
    expect(performance.now() - started).toBeLessThan(60_000);
    expect(code).toBe(1);
    expect(err).toContain(
      `${model}: the tokenizer (tokenizer.json) was still running after 15 s and was stopped`,
    );
    expect(err).toContain("the tokenizer that was published");
  });

  test("a chat template without end is stopped, and the model is of use without it", () => {
    const model = made(modelWithEndlessTemplate());
    const words = ["generate", "--model", model, "--prompt", "Norway", "--max-tokens", "2"];
    const chat = palimpsest(...words, "--chat");
    expect(chat.code).toBe(1);
    expect(chat.err).toMatch(/it runs without end.*Generate without the chat template/u);
    expect(palimpsest(...words).code).toBe(0);
  });
});
