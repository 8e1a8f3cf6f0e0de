/**
 * The hyper-network that ships with the default model: trained on the weights that ship, found by the lab, and its edits
 * take. When this fails after the model was trained again: `python scripts/train/mend.py`.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { drawKnown, type FactList } from "../../scripts/measure/factList";
import { romeCases } from "../../scripts/measure/romeScores";
import { scoreAnswers } from "../evaluation/probes";
import { computeInTurn } from "./edit";
import { gatherInputs } from "./editInputs";
import { load, unload } from "./load";
import { nodeEnvironment } from "./nodeEnvironment";
import { loadedModel, type Session } from "./session";

const NAME = "palimpsest-facts";
const file = resolve(import.meta.dirname, "../../public/models", NAME, "facts.json");
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

test("its edits take, and are taken back to the bit", async () => {
  const environment = nodeEnvironment({ backend: "wasm" });
  const session: Session = { environment, engine: undefined, isTested: true, loaded: undefined };
  await load(session, { source: { kind: "embedded", name: NAME } }, QUIET);
  const state = loadedModel(session);
  const list = JSON.parse(readFileSync(file, "utf8")) as FactList;
  const taken: boolean[] = [];
  for (const { request } of romeCases(list, drawKnown(list, 5, 3), 3)) {
    const call = { method: "MEND" as const, requests: [request], settings: {}, seed: 1 };
    const inputs = await gatherInputs(session, call, {}, QUIET);
    const { ids } = await computeInTurn(state, { ...call, settings: { rateFactor: 1 } }, inputs, QUIET);
    const prompt = request.prompt.replace("{}", request.subject);
    const [asked] = await scoreAnswers(state.model, [{ prompt, answer: request.targetNew }]);
    taken.push(asked!.p > 0.3);
    for (const id of ids) await state.stack.remove(id);
    expect(state.stack.state.weightHash).toBe(state.model.hash);
  }
  expect(taken.filter(Boolean).length).toBeGreaterThanOrEqual(4);
  await unload(session);
});
