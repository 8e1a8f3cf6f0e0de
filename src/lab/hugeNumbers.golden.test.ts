/** Finite numbers that become infinite once they are used: refused where it shows, never answered with a number. */
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { LabApi } from "../domain/labApi";
import type { LoadedModel } from "../domain/model";
import { writeEditFile } from "../editing/editFile";
import { digestEdit } from "../editing/weightUpdates";
import { createLab } from "./createLab";
import { nodeEnvironment } from "./nodeEnvironment";

const path = resolve(import.meta.dirname, "../../tests/fixtures/models/tiny-facts2-llama");
const context = { signal: new AbortController().signal, onProgress: () => undefined };
const question = { prompt: "Norway's capital is the city of", target: "Oslo" };

let lab: LabApi;
let model: LoadedModel;
beforeAll(async () => {
  lab = createLab(nodeEnvironment({ backend: "wasm" }));
  model = await lab.load({ source: { kind: "path", path } }, context);
});

/** An honest edit file, but for the size of its factors. */
async function fileWith(size: number): Promise<Uint8Array<ArrayBuffer>> {
  const { hash, family, layers, residualWidth, mlpWidth, vocabulary, ref } = model;
  const factor = (length: number) => new Float32Array(length).fill(size);
  const update = {
    kind: "lowRank" as const,
    weight: "blocks.1.mlpOut",
    out: residualWidth,
    in: mlpWidth,
    rank: 1,
    u: factor(residualWidth),
    v: factor(mlpWidth),
  };
  const edit = {
    id: "edit-1",
    name: "Norway",
    method: "ROME" as const,
    settings: {},
    requests: [],
    updates: [update],
    losses: [],
    base: { modelHash: hash, below: [] },
    seed: 1,
    statisticsHash: "",
    contexts: [],
    created: "2026-01-01T00:00:00.000Z",
    enabled: true,
    digest: await digestEdit({ updates: [update] }),
  };
  return writeEditFile([edit], { ref, family, hash, layers, residualWidth, mlpWidth, vocabulary });
}

const open = async (size: number) =>
  lab.openEdits(
    { bytes: await fileWith(size), fileName: "huge.palimpsest", acceptOtherRevision: false },
    context,
  );

describe("an edit file with huge numbers", () => {
  test("whose product is infinite is refused, and the model is as it was", async () => {
    const before = await lab.score(question, context);
    const held = (await lab.memory({}, context)).tensors;
    await expect(open(1e30)).rejects.toMatchObject({ code: "not-finite" });
    expect((await lab.stack({}, context)).edits).toEqual([]);
    expect(await lab.score(question, context)).toEqual(before);
    expect((await lab.memory({}, context)).tensors).toBe(held);
  });

  test("whose weights can be written but not computed with: no answer is a number, and it can be switched off", async () => {
    const before = await lab.score(question, context);
    const { edits } = await open(1.3e19);
    const request = {
      prompt: question.prompt,
      subject: "Norway",
      kind: "state",
      window: 1,
      samples: 1,
    } as const;
    const noise = { noise: "3sigma", seed: 1, severedNoise: "published", naive: false } as const;
    await expect(lab.score(question, context)).rejects.toMatchObject({ code: "not-finite" });
    await expect(lab.trace({ ...request, ...noise }, context)).rejects.toMatchObject({ code: "not-finite" });
    const generation = {
      prompt: question.prompt,
      maxTokens: 3,
      temperature: 0,
      top: 3,
      seed: 1,
      chat: false,
      stop: [],
      ignoreEnd: false,
    };
    await expect(lab.generate(generation, context)).rejects.toMatchObject({ code: "not-finite" });
    await lab.setEditEnabled({ id: edits[0]!.id, enabled: false }, context);
    expect(await lab.score(question, context)).toEqual(before);
  });
});
