/**
 * PMET has no published run among the fixtures: what is tested is what must hold. Its first loss is MEMIT's (nothing is
 * moved yet), the vector stays in its ball, with a soft C the written layer gives the target, and the fact is learnt.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EditCall } from "../domain/edit";
import { scoreAnswers } from "../evaluation/probes";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { norm, relativeDifference } from "../linalg/norms";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { readFixture } from "../../tests/sharedFixtures";
import { computeEdit, type ComputeOptions } from "./computeEdit";
import { locateFactToken } from "./factToken";
import { collectKeys } from "./keys";
import { EditStack } from "./stack";
import { memitContexts, openMoments, readJson, toRequest } from "./testing/factCases";

const NAME = "tiny-facts2-gpt2";
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

let backend: EngineBackend;
let model: Model;
let options: ComputeOptions;
let request: ReturnType<typeof toRequest>;
let firstLoss: number;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
  model = await loadFixture(readFixture, NAME);
  const statistics = await openMoments(`editing/${NAME}/second_moments/tensors.safetensors`, "C.", [0, 1, 2]);
  options = { ...QUIET, contexts: await memitContexts(NAME), statistics };
  type Stored = { requests: Parameters<typeof toRequest>[0][]; optimisation: { steps: { nll: number }[] }[] };
  const stored = await readJson<Stored>(`editing/${NAME}/emmet_batch8/case.json`);
  request = toRequest(stored.requests[0]!);
  firstLoss = stored.optimisation[0]!.steps[0]!.nll;
});
afterAll(() => {
  model.dispose();
  backend.dispose();
});

const call = (settings: EditCall["settings"]): EditCall => ({
  method: "PMET",
  requests: [request],
  settings,
  seed: 1,
});

test("begins where MEMIT begins, stays in its ball, and teaches the fact", async () => {
  const before = memory();
  const { edit, intermediates } = await computeEdit(model, call({ editLayers: [0, 1, 2] }), options);
  expect(memory()).toEqual(before);
  const [steps] = edit.losses;
  expect(steps![0]!.nll).toBeCloseTo(firstLoss, 4);
  expect(steps![0]!.kl).toBeCloseTo(0, 6);
  const init = norm(Float64Array.from(intermediates.find(({ name }) => name === "target_init")!.values));
  for (const { deltaNorm } of steps!) expect(deltaNorm).toBeLessThan(4 * init * (1 + 1e-6));
  expect(steps!.at(-1)!.total).toBeLessThan(steps![0]!.total / 3);

  const stack = new EditStack(model.weights, model.hash);
  const question = { prompt: request.prompt.replace("{}", request.subject), answer: request.targetNew };
  const [unedited] = await scoreAnswers(model, [question]);
  await stack.add(edit);
  const [edited] = await scoreAnswers(model, [question]);
  await stack.clear();
  expect(edited!.p).toBeGreaterThan(100 * unedited!.p);
});

test("with next to no weight on C the layer gives its target", async () => {
  const alone = { ...options, contexts: ["{}"] };
  const settings = { editLayers: [1], secondMomentWeight: 1e-6, steps: 6 };
  const { edit, intermediates } = await computeEdit(model, call(settings), alone);
  const stack = new EditStack(model.weights, model.hash);
  await stack.add(edit);
  const text = locateFactToken(model.tokenizer, "{}", request.prompt, request.subject, "subject_last");
  const [pair] = await collectKeys(model, 1, [text]);
  await stack.clear();
  const target = intermediates.find(({ name }) => name === "z")!.values;
  expect(relativeDifference(pair!.output, Float64Array.from(target))).toBeLessThan(1e-3);
});
