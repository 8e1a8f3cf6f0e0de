/**
 * Methods around the model: IKE's texts and retrieval equal the published code's; what is put in front, recited and left
 * alone; that the base, switched off edits and strangers' files are not touched by any of it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EditCall, EditRequest, Settings } from "../../domain/edit";
import { scoreAnswers } from "../../evaluation/probes";
import { startBackend, type EngineBackend } from "../../gpu/backend";
import { memory } from "../../gpu/tensor";
import { readWasmFiles } from "../../gpu/wasm/nodeFiles";
import { memorySource } from "../../loading/byteSource/memorySource";
import { openSafetensors } from "../../loading/safetensors/safetensorsTensors";
import { consult } from "../../model/around";
import { generate } from "../../model/generate";
import type { Model } from "../../model/model";
import { score } from "../../model/score";
import { loadFixture, readNumbers } from "../../model/testing/openFixture";
import { computeEdit } from "../computeEdit";
import { editFileModel, readEditFile, writeEditFile } from "../editFile";
import { EditStack, type StackedEdit } from "../stack";
import { hasFixture, readFixture, readWhole } from "../../../tests/sharedFixtures";
import { contextOf, demonstrationPool, demonstrationQuery, retrieve } from "./demonstrations";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

type IkeCase = {
  train_records: {
    prompt: string;
    target_new: string;
    rephrase_prompt?: string;
    locality_prompt?: string;
    locality_ground_truth?: string;
  }[];
  pool: string[];
  k: number;
  requests: {
    prompt: string;
    target_new: string;
    query: string;
    retrieved: number[];
    scores: number[];
    context: string;
    ice_context: string;
  }[];
};

describe.skipIf(!hasFixture("methods/ike/case.json"))("IKE's texts are the published code's", () => {
  const stored = JSON.parse(new TextDecoder().decode(readWhole("methods/ike/case.json"))) as IkeCase;
  const records = stored.train_records.map((record) => ({
    prompt: record.prompt,
    target: record.target_new,
    ...(record.rephrase_prompt !== undefined && { paraphrase: record.rephrase_prompt }),
    ...(record.locality_prompt !== undefined && {
      neighbour: { prompt: record.locality_prompt, answer: record.locality_ground_truth! },
    }),
  }));

  test("demonstrations, queries, retrieval for given vectors, and contexts", async () => {
    const pool = demonstrationPool(records);
    expect(pool).toEqual(stored.pool);
    const bytes = await readFixture("methods/ike/tensors.safetensors");
    const { tensors } = await openSafetensors(memorySource("ike", bytes));
    const { shape, values } = await readNumbers(tensors, "pool_embeddings");
    const rows = pool.map((_, at) => values.subarray(at * shape[1]!, (at + 1) * shape[1]!));
    for (const [at, request] of stored.requests.entries()) {
      const { prompt, target_new: target } = request;
      expect(demonstrationQuery(prompt, target)).toBe(request.query);
      const query = await readNumbers(tensors, `query_embedding_${at}`);
      const found = retrieve(rows, query.values, stored.k);
      expect(found.map(({ index }) => index)).toEqual(request.retrieved);
      found.forEach(({ score: cosine }, place) => expect(cosine).toBeCloseTo(request.scores[place]!, 5));
      const shown = found.map(({ index }) => pool[index]!);
      expect(contextOf(shown, prompt, target) + prompt).toBe(request.context);
      expect(contextOf([], prompt, target) + prompt).toBe(request.ice_context);
    }
  });
});

const FACT: EditRequest = {
  prompt: "The capital of {} is",
  subject: "Syria",
  targetNew: "Oslo",
  paraphrases: [],
  neighbours: [],
};
/** The tiny model reads 96 tokens. */
const SHORT = [{ prompt: "Senegal is in", target: "Asia" }];
const OTHER: EditRequest = { ...FACT, subject: "Iran", targetNew: "Lima" };

describe("on a model", () => {
  let backend: EngineBackend;
  let model: Model;
  let stack: EditStack;
  beforeAll(async () => {
    backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
    model = await loadFixture(readFixture, "tiny-facts2-gpt2");
    stack = new EditStack(model.weights, model.hash);
    await scoreAnswers(model, [{ prompt: "The capital of Syria is Oslo. ".repeat(9), answer: "it" }]);
  });
  afterAll(async () => {
    await stack.clear();
    model.dispose();
    await backend.dispose();
  });

  const edit = async (
    method: "IKE" | "SERAC",
    requests: EditRequest[],
    settings: Settings = {},
    more: Partial<EditCall> = {},
  ) => {
    const call: EditCall = { method, requests, settings, seed: 1, ...more };
    const computed = await computeEdit(model, call, { ...QUIET, contexts: ["{}"] });
    return { ...computed, id: await stack.add(computed.edit) };
  };
  const greedy = { maxTokens: 3, top: 1, temperature: 0, seed: 1, chat: false, stop: [], ignoreEnd: false };
  const answer = (prompt: string) => generate(model, { ...greedy, prompt }, QUIET);

  test("IKE puts the fact of the subject in question in front, in the room there is", async () => {
    const before = memory();
    const { id } = await edit("IKE", [FACT, OTHER], { demonstrations: 2 }, { demonstrations: SHORT });
    const { seen, prompt, tokens } = await answer("The capital of Syria is");
    expect(prompt).toBe("The capital of Syria is");
    expect(seen).toMatch(
      /^New Fact: Senegal is in Asia\nPrompt: Senegal is in Asia\n\nNew Fact: The capital of Syria is Oslo\nPrompt: The capital of Syria is$/,
    );
    expect(tokens).toEqual(model.tokenizer.encode(prompt).tokens);
    expect((await answer("The capital of Iran is")).seen).toContain("The capital of Iran is Lima\nPrompt: ");
    const scored = await score(model, { prompt: "The capital of Iran is", target: "Lima" }, QUIET);
    expect(scored.seen).toContain("New Fact: The capital of Iran is Lima");
    const long = `${"The capital of Spain is Madrid. ".repeat(400)}The capital of Syria is`;
    expect((await consult(model, long)).prompt).toBe(long);
    await model.weights.onBase(async () =>
      expect((await answer("The capital of Syria is")).seen).toBeUndefined(),
    );
    await stack.setEnabled(id, false);
    expect((await answer("The capital of Syria is")).seen).toBeUndefined();
    expect(stack.state.weightHash).toBe(model.hash);
    await stack.clear();
    expect(memory()).toEqual(before);
  });

  test("with a reach, IKE leaves what is asked otherwise as it is", async () => {
    await edit("IKE", [FACT], { reach: 0.9 });
    expect((await answer("The capital of Syria is")).seen).toBeDefined();
    expect((await answer("Nokia N70 is produced by")).seen).toBeUndefined();
    await stack.clear();
  });

  test("SERAC recites in scope, and leaves the model's bits alone out of it", async () => {
    const questions = [
      { prompt: "The capital of Syria is", answer: "Oslo" },
      { prompt: "Nokia N70 is produced by", answer: "Nokia" },
    ];
    const [, alone] = await scoreAnswers(model, questions);
    const before = memory();
    const { warnings } = await edit("SERAC", [FACT]);
    expect(warnings[0]).toMatch(/^The scope classifier takes \d+ of 20 rewordings/);
    const { completion, recited } = await answer("The capital of Syria is");
    expect(recited).toBe(true);
    expect(completion.text).toMatch(/^ Oslo/);
    const [inside, outside] = await scoreAnswers(model, questions);
    expect(inside).toMatchObject({ greedy: true, rank: 1 });
    expect(inside!.p).toBeGreaterThan(0.95);
    expect(outside).toEqual(alone);
    const scored = await score(model, { prompt: "The capital of Syria is", target: "Oslo" }, QUIET);
    expect(scored.recited).toBe(true);
    expect(scored.p).toBeCloseTo(inside!.p, 5);
    await stack.clear();
    expect(memory()).toEqual(before);
  });

  test("a file that lies about what it recites is refused", async () => {
    await edit("SERAC", [FACT]);
    const [whole] = stack.edits as [StackedEdit];
    const identity = editFileModel(model, "embedded:x");
    const opening = { fileName: "e", model: identity, weights: model.weights, acceptOtherRevision: false };
    const opened = (changes: Partial<NonNullable<StackedEdit["memory"]>>) =>
      readEditFile(
        writeEditFile([{ ...whole, memory: { ...whole.memory!, ...changes } }], identity),
        opening,
      );
    expect((await opened({}))[0]!.memory).toEqual(whole.memory);
    const [fact] = whole.memory!.facts;
    const lies: [Partial<NonNullable<StackedEdit["memory"]>>, string][] = [
      [{ facts: [{ ...fact!, answer: " " }] }, "without words"],
      [{ facts: [{ ...fact!, answer: "Lima" }] }, "does not belong"],
      [{ use: "context" }, "belongs to recited answers"],
      [{ width: 3, keys: new Float32Array(3), centre: new Float32Array(3) }, "width"],
      [{ keys: whole.memory!.keys.map(() => NaN) }, "not finite"],
    ];
    for (const [changes, sentence] of lies) {
      await expect(opened(changes)).rejects.toThrow(sentence);
    }
    await stack.clear();
  });

  test("an encoder that is not here is named, before any work and when a file asks for it", async () => {
    const failure = computeEdit(
      model,
      { method: "SERAC", requests: [FACT], settings: { encoder: "sentence" }, seed: 1 },
      { ...QUIET, contexts: ["{}"] },
    );
    await expect(failure).rejects.toMatchObject({ code: "bad-request", details: { field: "encoder" } });
    await edit("IKE", [FACT]);
    const [whole] = stack.edits as [StackedEdit];
    await stack.replaceAll([{ ...whole, memory: { ...whole.memory!, encoder: "some/encoder" } }]);
    await expect(answer("The capital of Syria is")).rejects.toMatchObject({
      message: expect.stringContaining("some/encoder") as string,
    });
    await stack.clear();
  });
});
