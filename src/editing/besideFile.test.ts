/** What stands beside the model in an edit file: shared by successive edits, read from older files, refused when forged. */
import { expect, test } from "vitest";
import type { Codebook, CodebookEntry, SideMemory } from "../domain/edit";
import { packEntries } from "../lib/packedEntries";
import { memorySource } from "../loading/byteSource/memorySource";
import { readSafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import { writeSafetensors } from "../loading/safetensors/writeSafetensors";
import type { Beside } from "./besideAdapters";
import { readEditFile, writeEditFile } from "./editFile";
import type { StackedEdit } from "./stack";
import { FILE_MODEL as MODEL, FILE_WEIGHT as WEIGHT, fileWeights as weights } from "./testing/tinyFileModel";
import { digestEdit } from "./weightUpdates";

const open = (bytes: Uint8Array<ArrayBuffer>) =>
  readEditFile(bytes, { fileName: "f.palimpsest", model: MODEL, weights, acceptOtherRevision: false });

const entryOf = (fact: number): CodebookEntry => ({
  key: Float32Array.of(fact, 2, 3, 4),
  value: Float32Array.of(fact, fact, -0),
  radius: 1,
  label: { answer: [fact], promptLength: 2 },
});
const codebookOf = (entries: readonly CodebookEntry[]): Codebook => ({
  weight: WEIGHT,
  in: 4,
  out: 3,
  entries,
});
const sideMemoryOf = (closed: SideMemory["closed"]): SideMemory => ({
  weight: WEIGHT,
  in: 4,
  out: 3,
  activation: "silu",
  routing: "token",
  actRatio: 0.8,
  facts: 3,
  maskSeed: 1,
  closed,
});

async function editBeside(beside: Beside): Promise<StackedEdit> {
  return {
    id: "edit-1",
    name: "France → Rome",
    method: "GRACE",
    settings: {},
    requests: [],
    updates: [],
    losses: [],
    base: { modelHash: MODEL.hash, below: [] },
    seed: 1,
    statisticsHash: "",
    contexts: ["{}"],
    created: "2026-01-01T00:00:00.000Z",
    enabled: true,
    digest: await digestEdit({ updates: [], ...beside }),
    ...beside,
  };
}

type StoredBook = { count: number; labels: unknown[]; entries?: number[] };
type StoredDocument = {
  edits: { codebook: StoredBook; sideMemory: { closed: { tensor?: string; kept?: number }[] } }[];
};

/** The same tensors under a changed document. */
async function forged(
  bytes: Uint8Array<ArrayBuffer>,
  change: (document: StoredDocument) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { metadata, tensors } = await readSafetensorsHeader(memorySource("f.palimpsest", bytes));
  const document = JSON.parse(metadata.get("palimpsest")!) as StoredDocument;
  change(document);
  const again = [...tensors].map(([name, { dtype, shape, begin, end }]) => ({
    name,
    shape,
    values: new (dtype === "I32" ? Int32Array : Float32Array)(bytes.slice(begin, end).buffer),
  }));
  return writeSafetensors(again, { ...Object.fromEntries(metadata), palimpsest: JSON.stringify(document) });
}

/** Three edits: the second has the first's entry, the third another radius on the second's; copies likewise. */
async function sharingEdits(): Promise<StackedEdit[]> {
  const [first, second, third] = [1, 2, 3].map(entryOf) as [CodebookEntry, CodebookEntry, CodebookEntry];
  const dense = { closest: 1, entries: { length: 12, values: new Float32Array(12).fill(1) } };
  const sparse = {
    closest: 2,
    entries: packEntries(Float32Array.from({ length: 12 }, (_, at) => (at < 3 ? at : 0))),
  };
  const shards = [dense, sparse];
  return [
    await editBeside({ codebook: codebookOf([first]) }),
    await editBeside({ codebook: codebookOf([first, second]), sideMemory: sideMemoryOf(shards.slice(0, 1)) }),
    await editBeside({
      codebook: { ...codebookOf([first, { ...second, radius: 2 }, third]), place: 4 },
      sideMemory: sideMemoryOf(shards),
    }),
  ];
}

test("what edits have in common is written once and read into one object", async () => {
  const edits = await sharingEdits();
  const bytes = writeEditFile(edits, MODEL);
  const { tensors } = await readSafetensorsHeader(memorySource("f.palimpsest", bytes));
  const rowsOf = (part: string): number[] =>
    [...tensors].flatMap(([name, { shape }]) => (name.includes(part) ? [shape[0]!] : []));
  expect(rowsOf("codebook.keys")).toEqual([1, 1, 2]);
  // The first copy whole; of the second a mask and two entries.
  expect(rowsOf("closed")).toEqual([3, 1, 2]);
  const opened = await open(bytes);
  expect(opened).toEqual(edits);
  expect(opened[2]!.codebook!.entries[0]).toBe(opened[0]!.codebook!.entries[0]);
  expect(opened[2]!.sideMemory!.closed[0]).toBe(opened[1]!.sideMemory!.closed[0]);
  expect(writeEditFile(opened, MODEL)).toEqual(bytes);
});

test("a file from before entries were shared", async () => {
  const edits = [
    await editBeside({ codebook: codebookOf([entryOf(1)]) }),
    await editBeside({ codebook: codebookOf([entryOf(1), entryOf(2)]) }),
  ];
  const older = await forged(writeEditFile(edits, MODEL), (document) => {
    for (const { codebook } of document.edits) delete codebook.entries;
  });
  expect(await open(older)).toEqual(edits);
});

test.each<[string, (document: StoredDocument) => void]>([
  ["an entry that only a later edit has", ({ edits }) => void (edits[0]!.codebook.entries = [1])],
  ["an entry that no edit has", ({ edits }) => void (edits[2]!.codebook.entries = [0, 9])],
  ["no entry at all", ({ edits }) => void (edits[1]!.codebook.entries = [])],
  ["other entries than the edit was made with", ({ edits }) => void (edits[2]!.codebook.entries = [0, 1, 3])],
  ["fewer labels than entries", ({ edits }) => void edits[2]!.codebook.labels.pop()],
  ["a copy that no edit has", ({ edits }) => void (edits[2]!.sideMemory.closed[0]!.tensor = "edits.7.sideMemory.closed.0")], // prettier-ignore
  ["a mask that marks other entries", ({ edits }) => void (edits[2]!.sideMemory.closed[1]!.kept = 3)],
  ["a mask where the copy is whole", ({ edits }) => void (edits[1]!.sideMemory.closed[0]!.kept = 3)],
  ["a tensor that is no copy", ({ edits }) => void (edits[2]!.sideMemory.closed[0]!.tensor = "edits.0.codebook.keys")], // prettier-ignore
])("%s is refused", async (_, change) => {
  const bytes = await forged(writeEditFile(await sharingEdits(), MODEL), change);
  await expect(open(bytes)).rejects.toMatchObject({ code: "bad-edit-file" });
});
