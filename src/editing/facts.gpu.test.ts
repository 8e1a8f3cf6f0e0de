/**
 * Facts written by a closed form on WebGPU, whole published runs on both architectures within ten times the bounds: R-ROME,
 * MEMIT and EMMET with every pass of every target, keys, residuals and changes of every layer, probabilities. A batch of eight
 * each where the clone holds it (EMMET on GPT-2, MEMIT on Llama), a single fact from ../shared on the other architecture.
 * AlphaEdit's shortest whole runs are anyEdit.gpu.test.ts's; with VITE_PALIMPSEST_ALL_CASES its batches in turn are compared
 * here, and the other batches of eight. PMET has no published run: what must hold is tested.
 */
import { beforeAll, expect, test } from "vitest";
import type { EditCall, EditRequest } from "../domain/edit";
import { scoreAnswers } from "../evaluation/probes";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { memory } from "../gpu/tensor";
import { norm } from "../linalg/norms";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import type { Model } from "../model/model";
import { computeEdit } from "./computeEdit";
import { EditStack, type ComputedEdit } from "./stack";
import { describeAlphaEdit } from "./testing/describeAlphaEdit";
import { describeFacts, type FactsCase } from "./testing/describeFacts";
import { describeRRome } from "./testing/describeRRome";
import { storedRuns, toRequest } from "./testing/storedRuns";
import { allCases, webgpuComparison, writeErrorsAfterwards } from "./testing/webgpuComparison";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

beforeAll(async () => void (await webgpuEngine()));
writeErrorsAfterwards();

describeRRome("tiny-facts2-gpt2", ["r_rome_2_prompt_keys"], webgpuComparison);
describeRRome("tiny-facts2-llama", ["r_rome_1_prefix_keys"], webgpuComparison);
describeFacts("tiny-facts2-gpt2", [["memit_batch1", "MEMIT"], ["emmet_batch8", "EMMET"]], webgpuComparison); // prettier-ignore
describeFacts("tiny-facts2-llama", [["memit_batch8", "MEMIT"], ["emmet_batch1", "EMMET"]], webgpuComparison); // prettier-ignore

if (allCases) {
  describeFacts("tiny-facts2-gpt2", [["memit_batch8", "MEMIT"]], webgpuComparison);
  describeFacts("tiny-facts2-llama", [["emmet_batch8", "EMMET"]], webgpuComparison);
  for (const name of ["tiny-facts2-gpt2", "tiny-facts2-llama"]) describeAlphaEdit(name, webgpuComparison);
}

/** How likely the request's answer is on the weights in use. */
async function answered(model: Model, { prompt, subject, targetNew }: EditRequest): Promise<number> {
  const [score] = await scoreAnswers(model, [{ prompt: prompt.replace("{}", subject), answer: targetNew }]);
  return score!.p;
}

async function answeredAfter(model: Model, request: EditRequest, edit: ComputedEdit): Promise<number> {
  const stack = new EditStack(model.weights, model.hash);
  await stack.add(edit);
  const p = await answered(model, request);
  await stack.clear();
  return p;
}

test("PMET begins where the others begin, stays in its ball, and teaches the fact", async () => {
  const name = "tiny-facts2-gpt2";
  const { readJson, openMoments, memitContexts } = storedRuns(fetchFixture);
  const stored = await readJson<FactsCase>(`editing/${name}/emmet_batch8/case.json`);
  const request = toRequest(stored.requests[0]!);
  const published = stored.optimisation[0]!.steps;
  const statistics = await openMoments(`editing/${name}/second_moments/tensors.safetensors`, "C.", [0]);
  const contexts = await memitContexts(name);
  const model = await loadFixture(fetchFixture, name);
  const before = memory();
  const call: EditCall = { method: "PMET", requests: [request], settings: { editLayers: [0], steps: 6 }, seed: 1 }; // prettier-ignore
  const { edit, intermediates } = await computeEdit(model, call, { ...QUIET, contexts, statistics });
  expect(memory()).toEqual(before);
  const [steps] = edit.losses;
  expect(steps![0]!.nll).toBeCloseTo(published[0]!.nll, 3);
  const init = norm(Float64Array.from(intermediates.find(({ name }) => name === "target_init")!.values));
  for (const { deltaNorm } of steps!) expect(deltaNorm).toBeLessThan(4 * init * (1 + 1e-5));
  expect(steps!.at(-1)!.total).toBeLessThan(steps![0]!.total / 3);
  const unedited = await answered(model, request);
  expect(await answeredAfter(model, request, edit)).toBeGreaterThan(100 * unedited);
  model.dispose();
});
