/** GRACE on WASM against EasyEdit's own runs; and what it does better than they where a prompt is taught again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { loadFixture } from "../model/testing/openFixture";
import { computeEdit } from "./computeEdit";
import { EditStack } from "./stack";
import { describeGrace, greedyIds } from "./testing/describeGrace";
import { wasmComparison } from "./testing/wasmComparison";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describeGrace(["grace", "grace-eps3", "grace-same-prompt-twice"], wasmComparison);

test("the same prompt with another answer takes over its entry", async () => {
  const model = await loadFixture(readFixture, "tiny-facts-gpt2");
  const stack = new EditStack(model.weights, model.hash);
  const prompt = "The capital of Peru is";
  for (const targetNew of ["Oslo", "Cairo"]) {
    const codebooks = stack.edits.flatMap(({ codebook }) => (codebook ? [codebook] : []));
    const request = { prompt: "{}", subject: prompt, targetNew, paraphrases: [], neighbours: [] };
    const settings = { layer: 4, matrix: "mlpIn", n_iter: 40 };
    const call = { method: "GRACE" as const, requests: [request], settings, seed: 1 };
    const { edit } = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], codebooks });
    expect(edit.codebook!.entries).toHaveLength(1);
    await stack.add(edit);
  }
  const ids = [...model.tokenizer.encode(prompt).ids];
  expect(model.tokenizer.decode(await greedyIds(model, ids, 3))).toContain("Cairo");
  await stack.remove(stack.edits[1]!.id);
  expect(model.tokenizer.decode(await greedyIds(model, ids, 1))).toContain("Oslo");
  await stack.clear();
  model.dispose();
});
