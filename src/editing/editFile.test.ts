/** Edit files from strangers: every damage is refused by name, nothing is believed before it was checked. */
import { beforeAll, describe, expect, test } from "vitest";
import type { DenseUpdate, LowRankUpdate } from "../domain/edit";
import { AppError } from "../lib/errors";
import { writeSafetensors, type TensorToWrite } from "../loading/safetensors/writeSafetensors";
import { readEditFile, writeEditFile } from "./editFile";
import type { EditFileModel } from "./editFileSchema";
import type { StackedEdit } from "./stack";
import { FILE_MODEL as MODEL, fileWeights as weights } from "./testing/tinyFileModel";
import { digestEdit } from "./weightUpdates";

const open = (
  bytes: Uint8Array<ArrayBuffer>,
  model: Partial<EditFileModel> = {},
  acceptOtherRevision = false,
) =>
  readEditFile(bytes, {
    fileName: "f.palimpsest",
    model: { ...MODEL, ...model },
    weights,
    acceptOtherRevision,
  });

async function sampleEdit(): Promise<StackedEdit> {
  const updates = [
    {
      kind: "lowRank" as const,
      weight: "blocks.1.mlpOut",
      out: 3,
      in: 4,
      rank: 1,
      u: Float32Array.from([1, -0, 1e-40]),
      v: Float32Array.from([Math.PI, 2, 3, 4]),
    },
    {
      kind: "dense" as const,
      weight: "blocks.1.mlpOut",
      out: 3,
      in: 4,
      values: new Float32Array(12).fill(0.1),
    },
  ];
  return {
    id: "edit-1",
    name: "France → Rome ☃",
    method: "ROME",
    settings: { layer: 1, factToken: "subject_last", useSecondMoment: true },
    requests: [
      {
        prompt: "{} is",
        subject: "France",
        targetNew: "Rome",
        paraphrases: ["a"],
        neighbours: [{ prompt: "b" }],
      },
    ],
    updates,
    losses: [[{ step: 0, total: 1, nll: 1, kl: 0, decay: 0, deltaNorm: 0, targetProbability: 0.1 }]],
    base: { modelHash: MODEL.hash, below: [] },
    seed: 1,
    statisticsHash: "",
    contexts: ["{}"],
    created: "2026-01-01T00:00:00.000Z",
    enabled: true,
    digest: await digestEdit({ updates: updates }),
  };
}

describe("round trip", () => {
  test("gives back every field and bit, and the same bytes when written again", async () => {
    const edits = [await sampleEdit()];
    const bytes = writeEditFile(edits, MODEL);
    const opened = await open(bytes);
    expect(opened).toEqual(edits);
    expect(Object.is((opened[0]!.updates[0] as { u: Float32Array }).u[1], -0)).toBe(true);
    expect(writeEditFile(opened, MODEL)).toEqual(bytes);
  });

  test("an empty stack is a file too", async () => expect(await open(writeEditFile([], MODEL))).toEqual([]));
});

describe("what an edit was computed on", () => {
  const another = "c".repeat(64);

  async function sequence(length: number): Promise<StackedEdit[]> {
    const edits: StackedEdit[] = [];
    for (let at = 0; at < length; at++) {
      const update = { kind: "lowRank" as const, weight: "blocks.1.mlpOut", out: 3, in: 4, rank: 1 };
      const updates = [{ ...update, u: Float32Array.of(at, 1, 2), v: new Float32Array(4) }];
      const below = edits.map(({ digest }) => digest);
      const base = { modelHash: MODEL.hash, below };
      edits.push({ ...(await sampleEdit()), updates, base, digest: await digestEdit({ updates }) });
    }
    return edits;
  }

  test("comes back whole: edits below, one left out, one that is not in the file", async () => {
    const edits = await sequence(6);
    const [a, b, , d] = edits.map(({ digest }) => digest);
    edits[4]!.base.below = [a!, b!, another, d!];
    edits[5]!.base.below = [d!, a!];
    // Two equal edits, as when one fact is written twice to the same effect.
    edits.push({ ...edits[0]!, base: { ...edits[0]!.base, below: [a!] } });
    expect(await open(writeEditFile(edits, MODEL))).toEqual(edits);
  });

  test("takes no more room for the hundredth edit than for the tenth", async () => {
    const edits = await sequence(100);
    const size = (count: number): number => writeEditFile(edits.slice(0, count), MODEL).length;
    expect((size(100) - size(90)) / (size(20) - size(10))).toBeLessThan(1.1);
  });

  test.each([
    ["its own place", [[0, 2]]],
    ["a place beyond the file", [[0, 9999]]],
    ["a run that ends before it begins", [[1, 0]]],
  ])("%s is refused", async (_, below) => {
    const damaged = await parts();
    (damaged.document.edits[0]!["base"] as Record<string, unknown>)["below"] = below;
    await expect(open(assemble(damaged))).rejects.toThrow(/base\.below/);
  });
});

describe("whose file it is", () => {
  let bytes: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    bytes = writeEditFile([await sampleEdit()], MODEL);
  });

  test("the same weights under another name open", async () => {
    expect(await open(bytes, { ref: "renamed.gguf" })).toHaveLength(1);
  });

  test("another revision asks, and opens when told to", async () => {
    const other = { hash: "b".repeat(64), ref: "hf:someone/tiny@v2" };
    await expect(open(bytes, other)).rejects.toMatchObject({
      code: "wrong-model",
      details: { canAccept: true },
    });
    expect(await open(bytes, other, true)).toHaveLength(1);
  });

  test.each<[string, Partial<EditFileModel>]>([
    ["another name", { ref: "hf:someone/other@main" }],
    ["another size", { layers: 3 }],
    ["another family", { family: "llama" }],
  ])("%s is refused whatever the user says", async (_, model) => {
    const other = { hash: "b".repeat(64), ...model };
    await expect(open(bytes, other, true)).rejects.toMatchObject({
      code: "wrong-model",
      details: { canAccept: false },
    });
  });
});

/** What the file's own document and tensors are, to be damaged. */
type Parts = {
  document: Record<string, unknown> & { edits: Record<string, unknown>[] };
  tensors: TensorToWrite[];
};

async function parts(): Promise<Parts> {
  const edit = await sampleEdit();
  const [low, dense] = edit.updates as unknown as [LowRankUpdate, DenseUpdate];
  const { updates, ...rest } = edit;
  const described = updates.map(({ kind, weight, out, in: width }) =>
    kind === "lowRank" ? { kind, weight, out, in: width, rank: 1 } : { kind, weight, out, in: width },
  );
  return {
    document: { formatVersion: 1, model: MODEL, edits: [{ ...rest, updates: described }] },
    tensors: [
      { name: "edits.0.updates.0.u", shape: [3, 1], values: low.u },
      { name: "edits.0.updates.0.v", shape: [4, 1], values: low.v },
      { name: "edits.0.updates.1.values", shape: [3, 4], values: dense.values },
    ],
  };
}

const assemble = ({ document, tensors }: Parts, text = JSON.stringify(document)): Uint8Array<ArrayBuffer> =>
  writeSafetensors(tensors, { format: "palimpsest-edits", palimpsest: text });

describe("damage", () => {
  test("undamaged parts make a good file", async () =>
    expect(await open(assemble(await parts()))).toHaveLength(1));

  test.each<[string, (parts: Parts) => void, string]>([
    ["a later format", ({ document }) => (document["formatVersion"] = 2), "format version 2"],
    ["an unknown field", ({ document }) => (document["extra"] = 1), "extra"],
    ["a missing field", ({ document }) => delete document.edits[0]!["seed"], "edits.0.seed"],
    ["a wrong type", ({ document }) => (document.edits[0]!["enabled"] = "yes"), "edits.0.enabled"],
    ["an unknown method", ({ document }) => (document.edits[0]!["method"] = "MAGIC"), "edits.0.method"],
    [
      "a setting that is an object",
      ({ document }) => (document.edits[0]!["settings"] = { layer: {} }),
      "edits.0.settings",
    ],
    ["a huge rank", ({ document }) => (firstUpdate(document)["rank"] = 1e12), "edits.0.updates.0.rank"],
    ["a rank that the tensors lack", ({ document }) => (firstUpdate(document)["rank"] = 2), "F32 [3, 2]"],
    ["a missing tensor", ({ tensors }) => tensors.pop(), "is missing"],
    [
      "one tensor too many",
      ({ tensors }) => tensors.push({ ...tensors[0]!, name: "more" }),
      "belong to no edit",
    ],
    ["changed numbers", ({ tensors }) => (tensors[0]!.values[0] = 2), "does not belong to the tensors"],
    ["numbers that are not finite", ({ tensors }) => (tensors[0]!.values[0] = Number.NaN), "not finite"],
    [
      "a weight the model lacks",
      ({ document }) => (firstUpdate(document)["weight"] = "blocks.9.mlpOut"),
      "blocks.9.mlpOut",
    ],
    ["a weight of another size", ({ document }) => (firstUpdate(document)["in"] = 5), "3 × 5"],
  ])("%s is refused by name", async (_, damage, word) => {
    const damaged = await parts();
    damage(damaged);
    const opening = open(assemble(damaged));
    await expect(opening).rejects.toThrow(word);
    await expect(opening).rejects.toBeInstanceOf(AppError);
  });

  test("keys that would touch a prototype are refused and change nothing", async () => {
    const damaged = await parts();
    const text = JSON.stringify(damaged.document).replace(
      '"settings":{',
      '"settings":{"__proto__":{"polluted":true},',
    );
    await expect(open(assemble(damaged, text))).rejects.toMatchObject({ code: "bad-edit-file" });
    const top = JSON.stringify(damaged.document).replace("{", '{"__proto__":{"polluted":true},');
    await expect(open(assemble(damaged, top))).rejects.toMatchObject({ code: "bad-edit-file" });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.each(["not json", "[]", "null", '{"formatVersion":1,"formatVersion":1}'])(
    "document %s is refused",
    async (text) => {
      await expect(open(assemble(await parts(), text))).rejects.toBeInstanceOf(AppError);
    },
  );

  test("a checkpoint is no edit file", async () => {
    const bytes = writeSafetensors([{ name: "w", shape: [1], values: new Float32Array(1) }]);
    await expect(open(bytes)).rejects.toMatchObject({ code: "bad-edit-file" });
  });

  test("random single-byte damage never gets through as another edit", async () => {
    const edit = await sampleEdit();
    const { digest } = edit;
    const good = writeEditFile([edit], MODEL);
    for (let at = 0; at < good.length; at += 3) {
      const bytes = good.slice();
      bytes[at] = bytes[at]! ^ 0x21;
      const opened = await open(bytes).catch((error: unknown) => error);
      if (opened instanceof Error) expect(opened, `byte ${at}`).toBeInstanceOf(AppError);
      else expect((opened as StackedEdit[]).map(({ digest }) => digest)).toEqual([digest]);
    }
  });
});

const firstUpdate = (document: Parts["document"]): Record<string, unknown> =>
  (document.edits[0]!["updates"] as Record<string, unknown>[])[0]!;
