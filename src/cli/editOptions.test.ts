import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readContexts } from "./editOptions";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-contexts-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "contexts.json");
  writeFileSync(path, text);
  return path;
}

describe("--contexts", () => {
  test("takes a list, and MEMIT's groups of lists", async () => {
    expect(await readContexts(file('["{}", "So. {}"]'))).toEqual(["{}", "So. {}"]);
    expect(await readContexts(file('[["{}"], ["So. {}"]]'))).toEqual(["{}", "So. {}"]);
  });

  test.each([
    ["{ not json", "bad-json"],
    ['{"a": "{}"}', "bad-request"],
    ["[]", "bad-request"],
    ['["{}", 3]', "bad-request"],
    ['["no place"]', "bad-request"],
    ['["{} and {}"]', "bad-request"],
  ])("refuses %s in words", async (text, code) => {
    await expect(readContexts(file(text))).rejects.toMatchObject({ code });
  });

  test("a file that is not there is the caller's mistake", async () => {
    await expect(readContexts(join(folder, "nothing.json"))).rejects.toMatchObject({ code: "usage" });
  });
});
