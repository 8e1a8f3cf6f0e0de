/**
 * "No superposition, no loss" on facts that were planted: their keys share little, so an edit of one leaves the others as
 * they are, and what little is predicted from keys is what is measured.
 */
import { expect, test } from "vitest";
import { createLab } from "./createLab";
import { nodeEnvironment } from "./nodeEnvironment";

const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
const LAYER = 2;

test("planted facts whose keys share nothing keep their answers through an edit of one of them", async () => {
  const lab = createLab(nodeEnvironment({ backend: "wasm" }));
  await lab.load({ source: { kind: "embedded", name: "palimpsest-facts" } }, quiet);
  const { facts } = await lab.knownFacts({ list: "planted" }, quiet);
  const { layers, kept } = await lab.superposition(
    { facts, layers: [LAYER], matrices: ["interference"], order: true },
    quiet,
  );
  const [view] = layers;
  expect(kept).toHaveLength(facts.length);
  expect(view!.interference.absoluteMean).toBeLessThan(0.06);
  expect(view!.order!.toSorted((a, b) => a - b)).toEqual([...kept.keys()]);

  const [fact] = facts;
  const other = facts.find(({ prompt, target }) => prompt === fact!.prompt && target !== fact!.target);
  const request = { ...fact!, targetNew: other!.target!, paraphrases: [], neighbours: [] };
  const call = { method: "ROME", seed: 1, settings: { layer: LAYER }, requests: [request] } as const;
  const preview = await lab.previewInterference({ call, facts }, quiet);
  expect(preview.layers[0]!.coefficients[0]).toBeCloseTo(1, 3);
  const { editId } = await lab.edit(call, quiet);
  const { probabilities, layers: checks } = await lab.checkInterference({ id: editId, facts }, quiet);
  expect(checks[0]!.relativeError).toBeLessThan(1e-4);

  const shares = view!.matrices[0]!.values;
  const lost = probabilities.map(({ before, after }) => before! - after!);
  expect(lost[0]).toBeGreaterThan(0.9);
  const apart = lost.filter((_, at) => at > 0 && Math.abs(shares[at]!) < 0.1);
  expect(apart.length).toBeGreaterThan(40);
  expect(apart.reduce((sum, change) => sum + Math.abs(change), 0) / apart.length).toBeLessThan(0.01);
});
