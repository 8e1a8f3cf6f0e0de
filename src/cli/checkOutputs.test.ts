import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseOptions, type OptionTable } from "./arguments";
import { checkOutputs } from "./checkOutputs";
import { constructed } from "./commands/constructed";
import { edit } from "./commands/edit";
import { evaluate } from "./commands/eval";
import { stack } from "./commands/stack";
import { stats } from "./commands/stats";
import { superposition } from "./commands/superposition";
import { trace } from "./commands/trace";
import { traceAverage } from "./commands/traceAverage";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-outputs-"));
  writeFileSync(join(folder, "present"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TABLE: OptionTable = {
  svg: { kind: "text", help: "", writes: true },
  data: { kind: "text", help: "" },
};
const check = (...words: string[]) => checkOutputs(parseOptions(words, TABLE), TABLE);

describe("where a command will write", () => {
  test("may be a file that is there or not, and nothing is created", async () => {
    await check("--svg", join(folder, "present"));
    await check("--svg", join(folder, "new.svg"));
    expect(existsSync(join(folder, "new.svg"))).toBe(false);
    await check("--data", "/nowhere/at/all");
  });

  test.each([
    ["nowhere/x.svg", /^--svg: there is no folder .*nowhere\.$/u],
    ["present/x.svg", /^--svg: there is no folder .*present\.$/u],
    [".", /^--svg: .* is a folder\.$/u],
  ])("%s is refused by the option's name", async (path, message) => {
    const refused = check("--svg", join(folder, path));
    await expect(refused).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(message) });
  });

  test("is named at all", () => expect(check("--svg", "")).rejects.toThrow(/no file is named/u));

  // A new option that writes has to say so, or a long run would end in nothing.
  test("is known of every option that says it writes a file", () => {
    const commands = [constructed, edit, evaluate, stack, stats, superposition, trace, traceAverage];
    const writing = commands.flatMap(({ options }) =>
      Object.entries(options).filter(
        ([, { help, value }]) => /^(write|keep what)/u.test(help) && value?.startsWith("FILE"),
      ),
    );
    expect(writing.length).toBeGreaterThan(15);
    for (const [name, { writes }] of writing) expect([name, writes]).toEqual([name, true]);
  });
});
