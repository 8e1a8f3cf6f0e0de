/**
 * WISE on WebGPU: the published runs of one edit, within ten times the bounds that WASM keeps, as far as another run of the
 * published code repeats them (wise.golden.test.ts): GPT-2's, and from ../shared Llama's. And it trains, is routed to, and goes
 * away to the bit. Routes, merging and the run of five edits are wise.golden.test.ts's.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { dispose, memory } from "../gpu/tensor";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import { scoreAnswers } from "../evaluation/probes";
import { computeEdit } from "./computeEdit";
import { EditStack } from "./stack";
import { webgpuComparison, writeErrorsAfterwards } from "./testing/webgpuComparison";
import { openWiseRun, WISE_CASES, type WiseCase } from "./testing/wiseCases";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

/** Of the stored losses, those that another run of the published code repeats to 1e-3. */
const STEPS = 13;

beforeAll(async () => void (await webgpuEngine()));
writeErrorsAfterwards();

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

const { read, has, slack, record } = webgpuComparison;

describe.each(WISE_CASES.slice(0, 2))("$name", (wiseCase) => {
  const path = `methods/${wiseCase.name}/case.json`;

  test.runIf(has(path))("the steps that the published code repeats", async () => {
    const stored = JSON.parse(new TextDecoder().decode(await read(path))) as WiseCase;
    const model = await loadFixture(read, stored.model);
    const { batchOf, train } = await openWiseRun(read, wiseCase, stored, model);
    const batch = await batchOf(0);
    const { losses } = await train(0, STEPS, batch);
    dispose(batch.residual, batch.padding);
    const [{ ft_loss, act_loss }] = stored.edits as [WiseCase["edits"][number]];
    const off = (own: number, published: number) => Math.abs(own / published - 1);
    const fit = losses.map(({ nll }, step) => off(nll, ft_loss[step]!));
    const margins = losses.map(({ nll, total }, step) => off(total - nll, act_loss[step]!));
    expect(losses).toHaveLength(STEPS);
    record("WISE", wiseCase.name, `answer's loss, ${STEPS} steps`, Math.max(...fit));
    record("WISE", wiseCase.name, `margins' loss, ${STEPS} steps`, Math.max(...margins));
    expect(fit[0]).toBeLessThan(slack * stored.tolerance.ft_loss_first_rel);
    for (const error of [...fit, ...margins]) expect(error).toBeLessThan(slack * stored.tolerance.losses_rel);
    model.dispose();
  });
});
