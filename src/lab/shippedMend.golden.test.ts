/**
 * The hyper-network that ships with the default model: trained on the weights that ship, named in the manifest, and its edits
 * take. When this fails after the model was trained again: `python scripts/train/mend.py`.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { drawKnown } from "../../scripts/measure/factList";
import { openShipped } from "../../scripts/measure/openShipped";
import { romeCases } from "../../scripts/measure/romeScores";
import { computeEdit } from "../editing/computeEdit";
import { readHyperNetwork } from "../editing/hyperNetworkFile";
import { scoreAnswers } from "../evaluation/probes";

const FILE = "mend.safetensors";
const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "public/models/palimpsest-facts");
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

test("its edits take, and are taken back to the bit", async () => {
  const shipped = await openShipped(folder, root);
  const { model, stack, manifest } = shipped;
  const bytes = new Uint8Array(readFileSync(join(folder, FILE)));
  expect(manifest.files.map(({ name }) => name)).toContain(FILE);
  const hyperNetwork = await readHyperNetwork(bytes, FILE, model);
  const cases = romeCases(shipped.facts, drawKnown(shipped.facts, 5, 3), 3);
  const taken: boolean[] = [];
  for (const { request } of cases) {
    const call = { method: "MEND" as const, requests: [request], settings: {}, seed: 1 };
    const { edit } = await computeEdit(model, call, { ...QUIET, contexts: ["{}"], hyperNetwork });
    const id = await stack.add(edit);
    const prompt = request.prompt.replace("{}", request.subject);
    const [asked] = await scoreAnswers(model, [{ prompt, answer: request.targetNew }]);
    taken.push(asked!.p > 0.3);
    await stack.remove(id);
    expect(stack.state.weightHash).toBe(model.hash);
  }
  expect(taken.filter(Boolean).length).toBeGreaterThanOrEqual(4);
  shipped.dispose();
});
