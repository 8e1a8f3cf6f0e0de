/**
 * WISE on WebGPU: the first steps of a published run, within ten times the bounds that WASM keeps; and it trains, is
 * routed to, and goes away to the bit. All runs, and more of their steps, are wise.golden.test.ts's.
 */
import { beforeAll, expect, test } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { dispose, memory } from "../gpu/tensor";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import { scoreAnswers } from "../evaluation/probes";
import { computeEdit } from "./computeEdit";
import { EditStack } from "./stack";
import { openWiseRun, WISE_CASES, type WiseCase } from "./testing/wiseCases";

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

test("the first steps of the published run", async () => {
  const stored = JSON.parse(
    new TextDecoder().decode(await fetchFixture("methods/wise-gpt2-one-edit/case.json")),
  ) as WiseCase;
  const model = await loadFixture(fetchFixture, stored.model);
  const { batchOf, train } = await openWiseRun(fetchFixture, WISE_CASES[0], stored, model);
  const batch = await batchOf(0);
  const { losses } = await train(0, 5, batch);
  dispose(batch.residual, batch.padding);
  const [{ ft_loss, act_loss }] = stored.edits as [WiseCase["edits"][number]];
  losses.forEach(({ nll, total }, step) => {
    expect(Math.abs(nll / ft_loss[step]! - 1)).toBeLessThan(10 * stored.tolerance.losses_rel);
    expect(Math.abs((total - nll) / act_loss[step]! - 1)).toBeLessThan(10 * stored.tolerance.losses_rel);
  });
  expect(losses).toHaveLength(5);
  model.dispose();
});
