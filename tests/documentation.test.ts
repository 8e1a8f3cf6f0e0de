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

/** `[`name`](../src/file.ts)`: a formula and the function that computes it. */
function linkedFunctions(page: string): { name: string; file: string }[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  return [...text.matchAll(/\[`(\w+)`\]\(\.\.\/(src\/[\w./-]+)\)/g)].map(([, name, file]) => ({
    name: name!,
    file: file!,
  }));
}

const exportedFrom = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), "utf8").matchAll(/^export (?:async )?(?:function\*?|const) (\w+)/gm),
  ].map(([, name]) => name!);

test("every formula of superposition.md leads to a function that is there", () => {
  const links = linkedFunctions("superposition.md");
  expect(links.length).toBeGreaterThan(20);
  const dead = links.filter(
    ({ name, file }) => !existsSync(join(root, file)) || !exportedFrom(file).includes(name),
  );
  expect(dead).toEqual([]);
});

test("every function of the closed form and of whitened space is derived in superposition.md", () => {
  const linked = linkedFunctions("superposition.md").map(({ name }) => name);
  const files = ["closedForm", "whitening", "interference"].map((name) => `src/superposition/${name}.ts`);
  const missing = files.flatMap(exportedFrom).filter((name) => !linked.includes(name));
  // They rearrange numbers and have no formula.
  expect(missing).toEqual(["offDiagonal", "belowDiagonal"]);
});
