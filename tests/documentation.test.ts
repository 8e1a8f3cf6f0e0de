/** The documents must know what the code knows. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

function errorCodes(): string[] {
  const source = readFileSync(join(root, "src/domain/errors.ts"), "utf8");
  return [...source.matchAll(/\|\s+"([a-z-]+)"/g)].map((match) => match[1]!);
}

test("there is a page for every error code", () => {
  const codes = errorCodes();
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !existsSync(join(root, `docs/errors/${code}.md`)))).toEqual([]);
});
