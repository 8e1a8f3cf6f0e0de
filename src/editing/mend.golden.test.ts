/**
 * MEND on WASM against PyTorch (scripts/references/mendReference.py): inputs and gradients of the edited matrices, what a
 * hyper-network makes of them, and the loss with the change in place; and what its file must not be.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import type { EditRequest } from "../domain/edit";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { dispose, memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { answerLoss, residualBefore, teacherForced } from "./answerLoss";
import { computeEdit } from "./computeEdit";
import { changeOf, type HyperNetwork } from "./hyperNetwork";
import { readHyperNetwork } from "./hyperNetworkFile";
import { mapGradients } from "./mapGradients";
import { EditStack } from "./stack";
import { recordError } from "./testing/errorTable";
import { readJson, tensorsOf } from "./testing/factCases";
import { read } from "../gpu/tensor";

const FOLDER = "methods/mend";
const FILE = "mend.safetensors";
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

type Stored = { prompt: string; target: string; ids: number[]; loss: number; lossAfter: number };

let backend: EngineBackend;
let model: Model;
let network: HyperNetwork;
let cases: Stored[];
let bytes: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
  ({ cases } = await readJson<{ cases: Stored[] }>(`${FOLDER}/case.json`));
  model = await loadFixture(readFixture, "gpt2");
  bytes = new Uint8Array(await readFixture(`${FOLDER}/network.safetensors`));
  // The reference does not know how the lab names a model's weights.
  const found = await readHyperNetwork(bytes, FILE, { hash: "0".repeat(64), weights: model.weights });
  network = { ...found, modelHash: model.hash };
});
afterAll(() => {
  model.dispose();
  backend.dispose();
});

const toRequest = ({ prompt, target }: Stored): EditRequest => ({
  prompt: "{}",
  subject: prompt,
  targetNew: target,
  paraphrases: [],
  neighbours: [],
});

test("gradients, changes and the loss afterwards", async () => {
  const tensor = await tensorsOf(`${FOLDER}/tensors.safetensors`);
  const names = network.weights.map(({ weight }) => weight);
  for (const [at, stored] of cases.entries()) {
    const before = memory();
    const request = toRequest(stored);
    const text = teacherForced(model, request);
    expect([...text.ids]).toEqual(stored.ids);
    const { loss, maps } = await mapGradients(model, text, names, 1);
    expect(memory()).toEqual(before);
    expect(loss).toBeCloseTo(stored.loss, 5);
    for (const [index, { inputs, gradients }] of maps.entries()) {
      const weight = network.weights[index]!;
      const { u, v, rank } = changeOf(network, weight, inputs, gradients, 1);
      // In the last block only what predicts has a gradient.
      expect(rank).toBe((await tensor(`${at}.${index}.u`)).shape[1]);
      for (const [name, own] of Object.entries({ x: inputs, d: gradients, u, v })) {
        const error = relativeDifference(own, (await tensor(`${at}.${index}.${name}`)).values);
        recordError("MEND", `request ${at}, ${weight.weight}`, name, error);
        expect(error, `${weight.weight} ${name}`).toBeLessThan(2e-5);
      }
    }
    const call = { method: "MEND" as const, requests: [request], settings: {}, seed: 1 };
    const { edit } = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], hyperNetwork: network });
    const stack = new EditStack(model.weights, model.hash);
    await stack.add(edit);
    const residual = await residualBefore(model, text, 0);
    const found = answerLoss(model, text, residual, 0);
    const after = (await read(found))[0]!;
    dispose(found, residual);
    await stack.clear();
    expect(memory()).toEqual(before);
    recordError("MEND", `request ${at}`, "loss afterwards, absolute", Math.abs(after - stored.lossAfter));
    expect(after).toBeCloseTo(stored.lossAfter, 4);
  }
});

test("several facts are one edit: the sum of their own", async () => {
  const call = (requests: EditRequest[]) => ({ method: "MEND" as const, requests, settings: {}, seed: 1 });
  const options = { ...QUIET, contexts: ["{}"], hyperNetwork: network };
  const [first, second] = cases.map(toRequest) as [EditRequest, EditRequest];
  const ranks = async (requests: EditRequest[]) =>
    (await computeEdit(model, call(requests), options)).edit.updates.map((update) =>
      update.kind === "lowRank" ? update.rank : 0,
    );
  const [a, b, both] = [await ranks([first]), await ranks([second]), await ranks([first, second])];
  expect(both).toEqual(a.map((rank, at) => rank + b[at]!));
});

describe("a network that does not belong here", () => {
  const opened = (changed: Uint8Array<ArrayBuffer>, hash = "0".repeat(64)) =>
    readHyperNetwork(changed, FILE, { hash, weights: model.weights });

  test("was trained on other weights", async () => {
    await expect(opened(bytes, model.hash)).rejects.toMatchObject({
      code: "wrong-model",
      message: expect.stringContaining("trained on other weights") as string,
    });
    const call = { method: "MEND" as const, requests: [toRequest(cases[0]!)], settings: {}, seed: 1 };
    const options = { ...QUIET, contexts: ["{}"], hyperNetwork: { ...network, modelHash: "f".repeat(64) } };
    await expect(computeEdit(model, call, options)).rejects.toMatchObject({ code: "wrong-model" });
  });

  test.each([
    ["another format", "palimpsest-hypernetwork", "palimpsest-hypernetwerk"],
    ["a matrix that is not there", "blocks.1.mlpIn", "blocks.9.mlpIn"],
    ["another size", '"in\\": 32', '"in\\": 31'],
    ["an unknown field", "formatVersion", "formatversion"],
    ["a network that is missing", '"net\\": 1', '"net\\": 7'],
    ["a tensor that is missing", "net.0.0.u", "net.0.0.x"],
  ])("has %s", async (_, there, instead) => {
    const text = new TextDecoder("latin1").decode(bytes);
    expect(text).toContain(there);
    const changed = Uint8Array.from(text.replaceAll(there, instead), (letter) => letter.charCodeAt(0));
    await expect(opened(changed)).rejects.toMatchObject({ code: "bad-edit-file" });
  });

  test("holds numbers that are not finite", async () => {
    const changed = bytes.slice();
    new DataView(changed.buffer).setFloat32(changed.length - 4, Number.NaN, true);
    await expect(opened(changed)).rejects.toMatchObject({ code: "not-finite" });
  });
});
