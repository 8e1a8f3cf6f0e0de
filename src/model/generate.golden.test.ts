import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture as read } from "../../tests/sharedFixtures";
import type { GenerateRequest } from "../domain/generation";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { chatPrompt } from "./chat";
import { continueTokens } from "./continueTokens";
import { oneRow } from "./forward";
import { generate } from "./generate";
import type { Model } from "./model";
import { sampleContinuations } from "./sampleContinuations";
import { argmax } from "./sampling";
import { score } from "./score";
import { FAMILIES } from "./testing/describeGolden";
import { loadFixture, openExpected, relativeError } from "./testing/openFixture";

const root = resolve(import.meta.dirname, "../..");
const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
const greedy: Omit<GenerateRequest, "prompt"> = {
  maxTokens: 12,
  top: 5,
  temperature: 0,
  seed: 1,
  chat: false,
  stop: [],
  ignoreEnd: true,
};

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

async function withModel(name: string, body: (model: Model) => Promise<void>): Promise<void> {
  const model = await loadFixture(read, name);
  await body(model);
  model.dispose();
}

describe.each(FAMILIES)("%s", (family) => {
  test("greedy tokens are the stored ones, with the cache and without, and nothing stays allocated", async () => {
    const { prompts } = await openExpected(read, family);
    await withModel(family, async (model) => {
      for (const [index, { ids, greedy }] of prompts.entries()) {
        const before = memory().tensors;
        for (const cached of index === 0 ? [true, false] : [true]) {
          expect(await firstTokens(model, ids, cached)).toEqual(greedy.ids);
        }
        const tables = memory().tensors;
        await firstTokens(model, ids, true);
        expect(memory().tensors).toBe(tables);
        expect(tables - before).toBeLessThanOrEqual(2 * model.config.rotaries.length);
      }
    });
  });

  test("the text told is what the tokens add to the prompt's text", async () => {
    const { prompts } = await openExpected(read, family);
    await withModel(family, async (model) => {
      for (const { text, ids } of prompts.slice(0, 2)) {
        const { completion } = await generate(model, { ...greedy, prompt: text, maxTokens: 30 }, quiet);
        const decode = (all: number[]) => model.tokenizer.decode(all, { skipSpecials: true });
        expect(decode(ids) + completion.text).toBe(decode([...ids, ...completion.ids]));
      }
    });
  });

  test("a prompt read in pieces gives the logits of one read whole", async () => {
    await withModel(family, async (model) => {
      const length = Math.min(130, model.config.contextLength);
      const ids = Int32Array.from({ length }, (_, position) => (position * 37) % model.config.vocabularySize);
      const whole = await firstLogits(model, ids, false);
      const pieces = await firstLogits(model, ids, true);
      expect(relativeError(pieces, whole)).toBeLessThan(1e-5);
    });
  });
});

async function firstTokens(model: Model, prompt: number[], cached: boolean): Promise<number[]> {
  const ids: number[] = [];
  for await (const step of continueTokens(model, oneRow(prompt), { sampler: argmax, cached })) {
    ids.push(step.ids[0]!);
    if (ids.length === 12) break;
  }
  return ids;
}

async function firstLogits(model: Model, ids: Int32Array, cached: boolean): Promise<Float32Array> {
  for await (const { logits } of continueTokens(model, oneRow(ids), { sampler: argmax, cached }))
    return logits;
  throw new Error("No token came.");
}

test("the text of a generation is that of its tokens, told piece by piece", async () => {
  const { prompts } = await openExpected(read, "gpt2");
  await withModel("gpt2", async (model) => {
    const told: string[] = [];
    const onProgress = (_: unknown, partial?: { text: string }) => void told.push(partial!.text);
    const result = await generate(model, { ...greedy, prompt: prompts[0]!.text }, { ...quiet, onProgress });
    expect(result.completion).toEqual({ ids: prompts[0]!.greedy.ids, text: prompts[0]!.greedy.text });
    expect(told).toHaveLength(12);
    expect(told.every((text) => result.completion.text.startsWith(text))).toBe(true);
    expect(result.next.map(({ id }) => id)[0]).toBe(prompts[0]!.greedy.ids[0]);
    expect(result.tokens.map(({ id }) => id)).toEqual(prompts[0]!.ids);
  });
});

test("a stop text ends it, an end token too, and the context's end", async () => {
  const { prompts } = await openExpected(read, "gpt2");
  await withModel("gpt2", async (model) => {
    const prompt = prompts[0]!.text;
    const stopped = await generate(model, { ...greedy, prompt, stop: ["la!"] }, quiet);
    expect(stopped.completion.text).toBe(prompts[0]!.greedy.text.replace("la!", ""));
    const toTheEnd = await generate(model, { ...greedy, prompt, maxTokens: 1000 }, quiet);
    // The last position's choice is still reported; no position is left for it.
    expect(toTheEnd.completion.ids).toHaveLength(model.config.contextLength - prompts[0]!.ids.length + 1);
    const ending = { ...model, config: { ...model.config, endIds: [prompts[0]!.greedy.ids[2]!] } };
    const ended = await generate(ending, { ...greedy, prompt, ignoreEnd: false }, quiet);
    expect(ended.completion.ids).toEqual(prompts[0]!.greedy.ids.slice(0, 2));
  });
});

test("a cancelled generation says so and frees everything", async () => {
  const { prompts } = await openExpected(read, "llama");
  await withModel("llama", async (model) => {
    const request = { ...greedy, prompt: prompts[0]!.text, maxTokens: 60 };
    await generate(model, request, quiet);
    const before = memory().tensors;
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 3 && controller.abort();
    const job = generate(model, request, { signal: controller.signal, onProgress });
    await expect(job).rejects.toMatchObject({ code: "cancelled" });
    expect(memory().tensors).toBe(before);
  });
});

test("a prompt beyond the context is refused, an empty one too", async () => {
  await withModel("gpt2", async (model) => {
    const long = generate(model, { ...greedy, prompt: "word ".repeat(200) }, quiet);
    await expect(long).rejects.toMatchObject({ code: "prompt-too-long" });
    await expect(generate(model, { ...greedy, prompt: "" }, quiet)).rejects.toMatchObject({
      code: "empty-prompt",
    });
  });
});

test("samples depend on the seed alone", async () => {
  await withModel("tiny-facts2-gpt2", async (model) => {
    const prompt = model.tokenizer.encode("The").ids;
    const request = { prompt, samples: 5, newTokens: 8, temperature: 1, topK: 5 };
    const first = await sampleContinuations(model, { ...request, seed: 1 });
    expect(first.map((row) => row.length)).toEqual([8, 8, 8, 8, 8]);
    expect(new Set(first.map(String)).size).toBeGreaterThan(1);
    expect(await sampleContinuations(model, { ...request, seed: 1 })).toEqual(first);
    expect(await sampleContinuations(model, { ...request, seed: 2 })).not.toEqual(first);
  });
});

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("%s", (name) => {
  test("scores the facts it was trained on as its maker measured them", async () => {
    const { facts } = JSON.parse(
      new TextDecoder().decode(await read(`models/${name}/facts.json`)),
    ) as FactFile;
    await withModel(name, async (model) => {
      for (const { subject, target, prompts } of facts.slice(0, 40)) {
        const { template, p, greedy: isGreedy } = prompts[0]!;
        const scored = await score(model, { prompt: template.replace("{}", subject), target }, quiet);
        expect(scored.p).toBeCloseTo(p, 4);
        expect(scored.target.every(({ rank }) => rank === 1)).toBe(isGreedy);
      }
    });
  });
});

type FactFile = {
  facts: { subject: string; target: string; prompts: { template: string; p: number; greedy: boolean }[] }[];
};

test("a chat template wraps one message", async () => {
  const model = await loadFixture(read, "smollm");
  const prompt = chatPrompt(model.tokenizer, "Hello");
  expect(prompt).toContain("Hello");
  const result = await generate(model, { ...greedy, prompt, chat: true, maxTokens: 2 }, quiet);
  expect(result.completion.ids).toHaveLength(2);
  model.dispose();
});
