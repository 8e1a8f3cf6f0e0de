/** The published code's traces on WebGPU, from the seed alone; the full set of cases runs on WASM (trace.golden.test.ts). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallContext } from "../domain/progress";
import type { TracePartial, TraceRequest } from "../domain/trace";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { memory } from "../gpu/tensor";
import { memorySource } from "../loading/byteSource/memorySource";
import { openSafetensors } from "../loading/safetensors/safetensorsTensors";
import { forward, oneRow } from "../model/forward";
import type { Model } from "../model/model";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture, readNumbers } from "../model/testing/openFixture";
import { trace } from "./trace";

const quiet: CallContext<TracePartial> = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

const VARIANTS: [string, Partial<TraceRequest>][] = [
  ["state", {}],
  ["mlp_w3", { kind: "mlp", window: 3 }],
  ["attn_w3", { kind: "attention", window: 3 }],
  ["severed.mlp_severed", { sever: "mlp" }],
];

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await fetchFixture(path))) as T;
}

beforeAll(async () => void (await webgpuEngine()));

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("%s", (name) => {
  let model: Model;
  let subjects: string[];
  let one: Pick<TraceRequest, "prompt" | "subject">;
  beforeAll(async () => {
    model = await loadFixture(fetchFixture, name);
    const { facts } = await readJson<{ facts: { subject: string }[] }>(`models/${name}/facts.json`);
    subjects = facts.map(({ subject }) => subject);
    one = await readJson(`editing/${name}/causal_1/case.json`);
    // The rotary tables grow with the longest prompt and stay.
    const { residual } = forward(model, oneRow(model.tokenizer.encode(one.prompt).ids), { logitsAt: "none" });
    residual.dispose();
  });
  afterAll(() => model.dispose());

  test.each(VARIANTS)("%s: every cell, and nothing left behind", async (stored, changes) => {
    const bytes = await fetchFixture(`editing/${name}/causal_1/tensors.safetensors`);
    const { tensors } = await openSafetensors(memorySource("tensors.safetensors", bytes));
    const expected = (await readNumbers(tensors, `${stored}.mean`)).values;
    const request: TraceRequest = {
      prompt: one.prompt,
      subject: one.subject,
      kind: "state",
      window: 10,
      samples: 10,
      noise: "3sigma",
      seed: 1,
      severedNoise: "published",
      naive: false,
      ...changes,
    };
    const before = memory().tensors;
    const { scores } = await trace(model, request, subjects, quiet);
    expect(memory().tensors).toBe(before);
    expect(scores.flat()).toHaveLength(expected.length);
    const gap = Math.max(...scores.flat().map((score, cell) => Math.abs(score - expected[cell]!)));
    expect(gap).toBeLessThan(1e-4);
  });
});
