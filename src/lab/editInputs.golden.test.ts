/** Second moments that nobody has yet cost an edit one run over the text, however many layers it changes. */
import { expect, test } from "vitest";
import type { EditCall } from "../domain/edit";
import { createLab } from "./createLab";
import { durableFiles, memoryFiles } from "./durableFiles";
import { nodeEnvironment } from "./nodeEnvironment";

test("three layers, one run; the next edit none", async () => {
  let runs = 0;
  const lab = createLab({
    ...nodeEnvironment({ backend: "wasm" }),
    cache: durableFiles(memoryFiles()),
    journal: durableFiles(memoryFiles()),
  });
  const context = {
    signal: new AbortController().signal,
    onProgress: ({ note, done, total }: { note: string; done: number; total: number }) =>
      void (runs += Number(note === "Collecting statistics" && done === total)),
  };
  await lab.load({ source: { kind: "embedded", name: "tiny-facts2-gpt2" } }, context);
  const call = (subject: string): EditCall => ({
    method: "MEMIT",
    requests: [
      { prompt: "The capital of {} is", subject, targetNew: "Athens", paraphrases: [], neighbours: [] },
    ],
    settings: { steps: 2, editLayers: [1, 3, 4] },
    contexts: ["{}"],
    seed: 1,
  });
  const { stack } = await lab.edit(call("Norway"), context);
  expect(stack.edits[0]!.statisticsHash).not.toBe("");
  expect(runs).toBe(1);
  await lab.edit(call("United Kingdom"), context);
  expect(runs).toBe(1);
});
