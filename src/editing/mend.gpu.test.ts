/** MEND on WebGPU against PyTorch, within ten times the bounds that WASM keeps: gradients, the change, the loss afterwards. */
import { beforeAll, expect, test } from "vitest";
import type { EditRequest } from "../domain/edit";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { dispose, memory, read } from "../gpu/tensor";
import { relativeDifference } from "../linalg/norms";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import { answerLoss, residualBefore, teacherForced } from "./answerLoss";
import { computeEdit } from "./computeEdit";
import { changeOf } from "./hyperNetwork";
import { readHyperNetwork } from "./hyperNetworkFile";
import { mapGradients } from "./mapGradients";
import { EditStack } from "./stack";
import { openTensors } from "./testing/romeCases";
import { webgpuComparison, writeErrorsAfterwards } from "./testing/webgpuComparison";

const FOLDER = "methods/mend";
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
type Stored = { prompt: string; target: string; loss: number; lossAfter: number };

beforeAll(async () => void (await webgpuEngine()));
writeErrorsAfterwards();

test("both requests' gradients, changes and losses", async () => {
  const model = await loadFixture(fetchFixture, "gpt2");
  const tensor = await openTensors(fetchFixture, `${FOLDER}/tensors.safetensors`);
  const file = new TextDecoder().decode(await fetchFixture(`${FOLDER}/case.json`));
  const { cases } = JSON.parse(file) as { cases: Stored[] };
  const bytes = await fetchFixture(`${FOLDER}/network.safetensors`);
  const owner = { hash: "0".repeat(64), weights: model.weights };
  const network = { ...(await readHyperNetwork(bytes, "mend.safetensors", owner)), modelHash: model.hash };
  const names = network.weights.map(({ weight }) => weight);
  const { record } = webgpuComparison;
  for (const [at, stored] of cases.entries()) {
    const request: EditRequest = { prompt: "{}", subject: stored.prompt, targetNew: stored.target, paraphrases: [], neighbours: [] }; // prettier-ignore
    const text = teacherForced(model, request);
    const { loss, maps } = await mapGradients(model, text, names, 1);
    record("MEND", `request ${at}`, "loss, absolute", Math.abs(loss - stored.loss));
    expect(Math.abs(loss - stored.loss)).toBeLessThan(5e-5);
    for (const [index, { inputs, gradients }] of maps.entries()) {
      const weight = network.weights[index]!;
      const { u, v } = changeOf(network, weight, inputs, gradients, 1);
      for (const [part, own] of Object.entries({ x: inputs, d: gradients, u, v })) {
        const error = relativeDifference(own, (await tensor(`${at}.${index}.${part}`)).values);
        record("MEND", `request ${at}, ${weight.weight}`, part, error);
        expect(error, `${weight.weight} ${part}`).toBeLessThan(2e-4);
      }
    }
    const before = memory();
    const call = { method: "MEND" as const, requests: [request], settings: {}, seed: 1 };
    const { edit } = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], hyperNetwork: network });
    const stack = new EditStack(model.weights, model.hash);
    await stack.add(edit);
    const residual = await residualBefore(model, text, 0);
    const after = answerLoss(model, text, residual, 0);
    const error = Math.abs((await read(after))[0]! - stored.lossAfter);
    record("MEND", `request ${at}`, "loss afterwards, absolute", error);
    expect(error).toBeLessThan(5e-4);
    dispose(after, residual);
    await stack.clear();
    expect(memory()).toEqual(before);
  }
  model.dispose();
});
