/** Duels, layer sweeps and cuts of the real lab: numbers of each trial alone, and a stack that is as it was to the bit. */
import { beforeAll, expect, test } from "vitest";
import type { EditCall } from "../domain/edit";
import type { DuelResult } from "../domain/trials";
import { memory } from "../gpu/tensor";
import { createLab } from "./createLab";
import { durableFiles, memoryFiles } from "./durableFiles";
import { nodeEnvironment } from "./nodeEnvironment";

const still = { signal: new AbortController().signal, onProgress: () => undefined };
const NORWAY = {
  prompt: "The capital of {} is",
  subject: "Norway",
  targetNew: "Athens",
  targetTrue: "Oslo",
  paraphrases: ["Norway's capital is"],
  neighbours: [{ prompt: "The capital of {} is", subject: "Greece", target: "Athens" }],
};
const call: EditCall = {
  method: "ROME",
  requests: [NORWAY],
  settings: { steps: 3 },
  contexts: ["{}"],
  seed: 1,
};
const files = memoryFiles();
const lab = createLab({ ...nodeEnvironment({ backend: "wasm" }), journal: durableFiles(files) });
let own: string;

beforeAll(async () => {
  await lab.load({ source: { kind: "embedded", name: "tiny-facts2-gpt2" } }, still);
  const paris = { ...NORWAY, subject: "Peru", targetNew: "Paris", paraphrases: [], neighbours: [] };
  await lab.edit({ ...call, requests: [paris] }, still);
  own = JSON.stringify(await lab.stack({}, still));
});

test("a duel runs on the untouched base, tells who could not take part, and gives the stack back", async () => {
  const tensors = memory().tensors;
  const partial: DuelResult[] = [];
  const request = {
    entries: [
      { method: "FT-L", settings: { steps: 3 } },
      { method: "ROME", settings: { layer: 99 } },
      { method: "GRACE", settings: { steps: 3 } },
    ],
    requests: [NORWAY],
    seed: 1,
  } as const;
  const onProgress = (_progress: unknown, found?: DuelResult) => void (found && partial.push(found));
  const result = await lab.duel(request, { ...still, onProgress });
  const [trained, refused, beside] = result.entries;
  expect(trained).toMatchObject({
    status: "done",
    scores: { rewrite: { count: 1 }, neighbourhood: { count: 1 } },
  });
  expect(refused).toMatchObject({ status: "failed", error: { code: "bad-request" } });
  expect(beside).toMatchObject({ status: "done", updates: [] });
  expect(partial.map(({ entries }) => entries.length)).toEqual([1, 2, 3]);
  expect(JSON.stringify(await lab.stack({}, still))).toBe(own);
  expect(memory().tensors).toBe(tensors);

  // The same trial alone, on a base that the user's edit is switched off from.
  const { edits } = await lab.stack({}, still);
  const { id } = edits[0]!;
  await lab.setEditEnabled({ id, enabled: false }, still);
  const same: EditCall = { method: "FT-L", requests: [NORWAY], settings: { steps: 3 }, seed: 1 };
  const alone = await lab.edit(same, still);
  expect(trained?.status === "done" && trained.probes).toEqual(alone.probes);
  await lab.removeEdit({ id: alone.editId }, still);
  await lab.setEditEnabled({ id, enabled: true }, still);
});

test("methods that all refuse are refused together, before any work", async () => {
  const entries = [{ method: "ROME", settings: { layer: 99 } }] as const;
  await expect(lab.duel({ entries, requests: [NORWAY], seed: 1 }, still)).rejects.toMatchObject({
    code: "bad-request",
  });
  await expect(lab.duel({ entries: [], requests: [NORWAY], seed: 1 }, still)).rejects.toMatchObject({
    code: "bad-request",
  });
});

test("a sweep gives at each layer what the edit there gives, on the weights in use", async () => {
  const sweep = await lab.layerSweep({ call, layers: [0, 1] }, still);
  expect(sweep.layers.map(({ layer }) => layer)).toEqual([0, 1]);
  expect(JSON.stringify(await lab.stack({}, still))).toBe(own);
  const alone = await lab.edit({ ...call, settings: { steps: 3, layer: 1 } }, still);
  const [, second] = sweep.layers;
  expect(second?.status === "done" && second.probes).toEqual(alone.probes);
  await lab.removeEdit({ id: alone.editId }, still);
  const beside = { ...call, method: "LoRA", settings: {} } as const;
  await expect(lab.layerSweep({ call: beside }, still)).rejects.toMatchObject({ code: "bad-request" });
});

test.each(["duel", "layerSweep"] as const)(
  "a %s that is stopped leaves the stack to the bit",
  async (name) => {
    const controller = new AbortController();
    let told = 0;
    const onProgress = () => void (++told === 3 && controller.abort());
    const context = { signal: controller.signal, onProgress };
    const entries = [{ method: "ROME", settings: {} }] as const;
    const job =
      name === "duel"
        ? lab.duel({ entries, requests: [NORWAY], seed: 1 }, context)
        : lab.layerSweep({ call }, context);
    await expect(job).rejects.toMatchObject({ code: "cancelled" });
    expect(JSON.stringify(await lab.stack({}, still))).toBe(own);
  },
);

test("what storage holds is the user's stack throughout, so that a crash in a duel loses nothing", async () => {
  const during: number[] = [];
  const entries = [{ method: "FT-L", settings: { steps: 2 } }] as const;
  const looking = createLab({ ...nodeEnvironment({ backend: "wasm" }), journal: durableFiles(files) });
  await lab.duel(
    { entries, requests: [NORWAY], seed: 1 },
    { ...still, onProgress: () => void during.push(1) },
  );
  expect(during.length).toBeGreaterThan(0);
  await looking.load({ source: { kind: "embedded", name: "tiny-facts2-gpt2" } }, still);
  const kept = await looking.stack({}, still);
  expect(kept.edits.map(({ name, enabled }) => [name, enabled])).toEqual([["Peru → Paris", true]]);
  await lab.load({ source: { kind: "embedded", name: "tiny-facts2-gpt2" } }, still);
});

test("an answer is cut by the settings or by the request's own borders, which the edit file keeps", async () => {
  const request = { ...NORWAY, targetNew: "Athens and Oslo and Paris and Lima" };
  const settings = { chunking: "window", window: 2, overlap: 0, steps: 2, inner: "MEMIT" };
  const cut = await lab.cutTarget({ method: "AnyEdit", settings, request }, still);
  const count = cut.tokens.length;
  expect(cut.chunks).toHaveLength(Math.ceil(count / 2));
  expect(cut.tokens.every(({ p }) => p > 0 && p < 1)).toBe(true);
  const own = { ...request, cuts: [1, 4] };
  const moved = await lab.cutTarget({ method: "AnyEdit", settings, request: own }, still);
  expect(moved.chunks.map(({ start, end }) => [start, end])).toEqual([
    [0, 1],
    [1, 4],
    [4, count],
  ]);
  const whole = await lab.cutTarget({ method: "UnKE", settings: {}, request: own }, still);
  expect(whole.chunks).toHaveLength(1);
  const wrong = { method: "AnyEdit", settings, request: { ...request, cuts: [4, 1] } } as const;
  await expect(lab.cutTarget(wrong, still)).rejects.toMatchObject({
    code: "bad-request",
    details: { field: "cuts" },
  });

  const result = await lab.edit({ method: "AnyEdit", requests: [own], settings, seed: 1 }, still);
  expect(result.losses).toHaveLength(3);
  expect(result.requests[0]?.tokens?.map(({ before }) => before.p)).toEqual(
    moved.tokens.map(({ p }) => expect.closeTo(p, 6) as number),
  );
  const { bytes } = await lab.saveEdits({}, still);
  await lab.openEdits({ bytes, fileName: "own.palimpsest", acceptOtherRevision: false }, still);
  const { edits } = await lab.stack({}, still);
  expect(edits.at(-1)?.requests[0]?.cuts).toEqual([1, 4]);
});
