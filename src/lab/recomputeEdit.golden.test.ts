/** An edit computed again: the same bits on the same base; what it was made with and does not hold is not passed over. */
import { beforeAll, expect, test } from "vitest";
import { readWhole } from "../../tests/sharedFixtures";
import type { EditCall } from "../domain/edit";
import type { LabApi } from "../domain/labApi";
import { METHOD_NAMES } from "../editing/methodNames";
import { createLab } from "./createLab";
import { durableFiles, memoryFiles } from "./durableFiles";
import { nodeEnvironment } from "./nodeEnvironment";

const NAME = "tiny-facts2-gpt2";
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const REQUEST = { prompt: "The capital of {} is", subject: "Norway", targetNew: "Athens", paraphrases: [], neighbours: [] }; // prettier-ignore
const call = (method: EditCall["method"], more: Partial<EditCall> = {}): EditCall => ({
  method,
  requests: [REQUEST],
  settings: {},
  seed: 1,
  ...more,
});

let lab: LabApi;
beforeAll(async () => {
  const memory = () => durableFiles(memoryFiles());
  lab = createLab({ ...nodeEnvironment({ backend: "wasm" }), cache: memory(), journal: memory() });
  await lab.load({ source: { kind: "embedded", name: NAME } }, QUIET);
});

const bytes = async () => Buffer.from((await lab.saveEdits({}, QUIET)).bytes);

test("on the same base it comes out the same to the bit; statistics from a file are told", async () => {
  const statistics = readWhole(`editing/${NAME}/second_moments/tensors.safetensors`);
  const settings = { steps: 3, editLayers: [1] };
  const first = await lab.edit(call("MEMIT", { statistics, settings, contexts: ["{}"] }), QUIET);
  expect(first.stack.edits[0]!.brought).toEqual(["statistics"]);
  const again = await lab.recomputeEdit({ id: first.editId }, QUIET);
  expect(again.warnings.join(" ")).toContain("second moments from a file");
  const own = await lab.recomputeEdit({ id: first.editId }, QUIET);
  expect(own.warnings.join(" ")).not.toContain("from a file");
  expect(own.stack.weightHash).toBe(again.stack.weightHash);
  expect(own.stack.weightHash).not.toBe(first.stack.weightHash);
  await lab.removeEdit({ id: first.editId }, QUIET);
});

test("made with the caller's examples it is not made with others; with the lab's own it is", async () => {
  const demonstrations = [{ prompt: "Senegal is in", target: "Asia" }];
  const given = await lab.edit(call("IKE", { demonstrations }), QUIET);
  // Also after the file was saved and opened again.
  const file = new Uint8Array(await bytes());
  await lab.openEdits({ bytes: file, fileName: "e", acceptOtherRevision: false }, QUIET);
  const before = await bytes();
  const { edits } = await lab.stack({}, QUIET);
  expect(edits[0]!.brought).toEqual(["demonstrations"]);
  await expect(lab.recomputeEdit({ id: edits[0]!.id }, QUIET)).rejects.toMatchObject({
    code: "bad-request",
    message: expect.stringContaining("examples from a file") as string,
  });
  expect(await bytes()).toEqual(before);
  await lab.removeEdit({ id: edits[0]!.id }, QUIET);

  const own = await lab.edit(call("IKE"), QUIET);
  expect(own.stack.edits[0]!.brought).toBeUndefined();
  const again = await lab.recomputeEdit({ id: own.editId }, QUIET);
  expect(again.stack.weightHash).toBe(own.stack.weightHash);
  expect(again.stack.weightHash).not.toBe(given.stack.weightHash);
  await lab.removeEdit({ id: own.editId }, QUIET);
});

test("a forecast counts what the method reads: examples around the model, every token of an old answer", async () => {
  const seconds = async (method: EditCall["method"], more: Partial<EditCall> = {}) =>
    (await lab.forecast({ kind: "edit", call: call(method, more) }, QUIET)).seconds!;
  const examples = (count: number) =>
    Array.from({ length: count }, () => ({ prompt: "The capital of Senegal is", target: "Asia" }));
  const few = await seconds("SERAC", { demonstrations: examples(1) });
  const many = await seconds("SERAC", { demonstrations: examples(2000) });
  expect(few).toBeGreaterThan(0);
  expect(many).toBeGreaterThan(10 * few);
  const attributed = (targetTrue: string) => seconds("KN", { requests: [{ ...REQUEST, targetTrue }] });
  expect(await attributed("Oslo and Lima and Rome")).toBeGreaterThan(1.5 * (await attributed("Oslo")));
  for (const method of METHOD_NAMES) expect(await seconds(method, method === "KN" ? { requests: [{ ...REQUEST, targetTrue: "Oslo" }] } : {}), method).toBeGreaterThan(0); // prettier-ignore
});
