/** Files of requests in the shell are read as the page reads them, whatever form they have. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { BENCHMARKS } from "../domain/benchmark";
import { readBenchmark } from "../lib/requests/readBenchmark";
import { parseOptions } from "./arguments";
import { readEditRequests } from "./readEditRequests";

const TEXT = { kind: "text", value: "", help: "" } as const;
const folder = mkdtempSync(join(tmpdir(), "palimpsest-requests-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (...words: string[]) => readEditRequests(parseOptions(words, { requests: TEXT, prompt: TEXT, subject: TEXT, target: TEXT })); // prettier-ignore

test.each(BENCHMARKS)("a file of %s", async (form) => {
  const path = `tests/fixtures/benchmarks/${form}.json`;
  const cases = readBenchmark(readFileSync(path, "utf8"), path, form);
  expect(await read("--requests", path)).toEqual(cases.map(({ request }) => request));
});

test("a table, and one request in the options", async () => {
  const path = join(folder, "t.csv");
  writeFileSync(path, "prompt,subject,target\nThe capital of {} is,Chile,Rome\n");
  const found = await read("--requests", path);
  expect(found).toMatchObject([{ prompt: "The capital of {} is", subject: "Chile", targetNew: "Rome" }]);
  const words = ["--prompt", "The capital of {} is", "--subject", "Chile", "--target", "Rome"];
  expect(await read(...words)).toEqual(found);
});

test("half a request, both ways at once, and a file of neither form are refused", async () => {
  await expect(read("--prompt", "The {} is in")).rejects.toMatchObject({ code: "usage" });
  const path = join(folder, "b.json");
  writeFileSync(path, '[{"src":"x is","answers":[],"subject":"x"}]');
  await expect(read("--requests", path, "--subject", "x")).rejects.toMatchObject({ code: "usage" });
  await expect(read("--requests", path)).rejects.toMatchObject({ code: "bad-request", message: expect.stringContaining("answers") as string }); // prettier-ignore
});
