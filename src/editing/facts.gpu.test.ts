/**
 * Facts written by a closed form on WebGPU against the published runs: the losses of the target's search, the target in
 * block output space and the keys of the first layer; and PMET, which has no published run, against what must hold.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { EditCall, EditRequest } from "../domain/edit";
import { scoreAnswers } from "../evaluation/probes";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { memory } from "../gpu/tensor";
import { norm, relativeDifference } from "../linalg/norms";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import type { Model } from "../model/model";
import { computeEdit } from "./computeEdit";
import type { SecondMoment } from "./secondMoment";
import { EditStack, type ComputedEdit } from "./stack";
import type { Statistics } from "./statistics";
import { openRomeCase, openTensors } from "./testing/romeCases";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const SLACK = 10;

type StoredRun = {
  requests: { prompt: string; subject: string; target_new: string }[];
  optimisation: { steps: { nll: number }[] }[];
};
type Stored = Partial<StoredRun> & {
  batches?: StoredRun[];
  layers: number[];
  hparams: Record<string, number>;
  tolerance: { z_rel: number };
};

const json = async <T>(path: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await fetchFixture(path))) as T;

beforeAll(async () => void (await webgpuEngine()));

async function openCase(name: string, folder: string) {
  const stored = await json<Stored>(`editing/${name}/${folder}/case.json`);
  const moments = await openTensors(fetchFixture, `editing/${name}/second_moments/tensors.safetensors`);
  const { memit_context_templates: groups } = await json<{ memit_context_templates: string[][] }>(
    `editing/${name}/second_moments/case.json`,
  );
  const model = await loadFixture(fetchFixture, name);
  const layers = new Map<number, SecondMoment>();
  for (const layer of stored.layers) {
    const { values } = await moments(`C.${layer}`);
    layers.set(layer, { width: model.config.mlpWidth, values, tokens: 0, convergence: [] });
  }
  const { requests, optimisation } = (stored.batches?.[0] ?? stored) as StoredRun;
  const { prompt, subject, target_new: targetNew } = requests[0]!;
  const request: EditRequest = { prompt, subject, targetNew, paraphrases: [], neighbours: [] };
  const statistics: Statistics = { modelHash: "", textHash: "", layers };
  return { stored, steps: optimisation[0]!.steps, model, statistics, contexts: groups.flat(), request };
}

const numbersOf = (hparams: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(hparams).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );

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

test("R-ROME: losses, both vectors and the change's size are the published ones", async () => {
  const [name, folder] = ["tiny-facts2-gpt2", "r_rome_2_prompt_keys"];
  const stored = await openRomeCase(fetchFixture, name, folder);
  const tensor = await openTensors(fetchFixture, `editing/${name}/second_moments/tensors.safetensors`);
  const model = await loadFixture(fetchFixture, name);
  const { values } = await tensor(`C.${stored.layer}`);
  const moment = { width: model.config.mlpWidth, values, tokens: 0, convergence: [] };
  const statistics: Statistics = { modelHash: "", textHash: "", layers: new Map([[stored.layer, moment]]) };
  const settings = {
    ...numbersOf(stored.hparams),
    layers: stored.hparams["layers"] as number[],
    key: "bare",
  };
  const call: EditCall = { method: "R-ROME", requests: [stored.editRequest], settings, seed: 1 };
  const before = memory();
  const { edit, intermediates } = await computeEdit(model, call, { ...QUIET, contexts: stored.contexts, statistics }); // prettier-ignore
  expect(memory()).toEqual(before);
  edit.losses[0]!.forEach(({ total }, at) =>
    expect(Math.abs(total - stored.steps[at]!.loss)).toBeLessThan(SLACK * stored.tolerance.loss_abs),
  );
  for (const [part, bound] of [["u", stored.tolerance.u_rel], ["v", stored.tolerance.v_rel]] as const) {
    const own = Float64Array.from(intermediates.find((one) => one.name === part)!.values);
    expect(relativeDifference(own, (await stored.tensor(part)).values), part).toBeLessThan(SLACK * bound);
  } // prettier-ignore
  model.dispose();
});

describe.each([
  ["EMMET", "tiny-facts2-gpt2", "emmet_batch8", ""],
  ["MEMIT", "tiny-facts2-llama", "memit_batch8", ""],
  ["AlphaEdit", "tiny-facts2-llama", "alphaedit_sequence", "b0."],
] as const)("%s", (method, name, folder, prefix) => {
  test("the first request's losses, target and key are the published ones, and it is learnt", async () => {
    const { stored, steps, model, statistics, contexts, request } = await openCase(name, folder);
    const tensor = await openTensors(fetchFixture, `editing/${name}/${folder}/tensors.safetensors`);
    const settings = { ...numbersOf(stored.hparams), layers: stored.layers };
    // Builds the rotary tables, which stay.
    const unedited = await answered(model, request);
    const before = memory();
    const call: EditCall = { method, requests: [request], settings, seed: 1 };
    const { edit, intermediates } = await computeEdit(model, call, { ...QUIET, contexts, statistics });
    expect(memory()).toEqual(before);
    const bound = SLACK * stored.tolerance.z_rel;
    edit.losses[0]!.forEach(({ nll }, step) => {
      expect(Math.abs(nll - steps[step]!.nll) / Math.max(steps[step]!.nll, 1e-2)).toBeLessThan(bound);
    });
    for (const part of ["z", `K.${stored.layers[0]!}`]) {
      const { shape, values: all } = await tensor(prefix + part);
      const first = Float64Array.from({ length: shape[0]! }, (_, row) => all[row * shape[1]!]!);
      const own = Float64Array.from(intermediates.find((one) => one.name === part)!.values);
      expect(relativeDifference(own, first), part).toBeLessThan(bound);
    }
    expect(await answeredAfter(model, request, edit)).toBeGreaterThan(Math.max(0.5, 100 * unedited));
    model.dispose();
  });
});

test("PMET begins where the others begin, stays in its ball, and teaches the fact", async () => {
  const { steps: published, model, statistics, contexts, request } = await openCase("tiny-facts2-gpt2", "emmet_batch8"); // prettier-ignore
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
