/** WISE on WebGPU: trains, is routed to, and goes away to the bit. Equality with the published runs is wise.golden.test.ts. */
import { beforeAll, expect, test } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { memory } from "../gpu/tensor";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import { scoreAnswers } from "../evaluation/probes";
import { computeEdit } from "./computeEdit";
import { EditStack } from "./stack";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

beforeAll(async () => void (await webgpuEngine()));

test("WISE writes a fact beside the model and takes it away to the bit", async () => {
  const model = await loadFixture(fetchFixture, "tiny-facts2-gpt2");
  const request = { prompt: "The capital of {} is", subject: "Peru", targetNew: "Oslo", paraphrases: [], neighbours: [] }; // prettier-ignore
  const ask = () => scoreAnswers(model, [{ prompt: "The capital of Peru is", answer: "Oslo" }]);
  const [clean] = await ask();
  const before = memory();
  const settings = { steps: 5, unrelatedTexts: 1 };
  const call = { method: "WISE" as const, requests: [request], settings, seed: 1 };
  const options = { ...QUIET, contexts: ["{}"], preserve: ["Egypt lies on Africa"] };
  const { edit } = await computeEdit(model, call, options);
  expect(memory()).toEqual(before);
  const losses = edit.losses[0]!.map(({ nll }) => nll);
  expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  const stack = new EditStack(model.weights, model.hash);
  await stack.add(edit);
  const [edited] = await ask();
  expect(edited!.p).toBeGreaterThan(0.3);
  await stack.clear();
  expect((await ask())[0]).toEqual(clean);
  expect(memory()).toEqual(before);
  model.dispose();
});
