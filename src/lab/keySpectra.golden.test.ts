/** The spectrum and what the threshold leaves free of it: as much as the published projector has. */
import { expect, test } from "vitest";
import { openTensors } from "../editing/testing/romeCases";
import { readFixture, readWhole } from "../../tests/sharedFixtures";
import { createLab } from "./createLab";
import { durableFiles, memoryFiles } from "./durableFiles";
import { nodeEnvironment } from "./nodeEnvironment";

const NAME = "tiny-facts2-llama";
type Stored = {
  layers: number[];
  hparams: { nullspace_threshold: number };
  nullspace_rank: Record<string, number>;
};

test("is the published one, layer by layer; a method without a threshold has none", async () => {
  const stored = JSON.parse(new TextDecoder().decode(readWhole(`editing/${NAME}/alphaedit_sequence/case.json`))) as Stored; // prettier-ignore
  const path = `editing/${NAME}/second_moments/tensors.safetensors`;
  const statistics = readWhole(path);
  const moments = await openTensors(readFixture, path);
  const cache = durableFiles(memoryFiles());
  const lab = createLab({ ...nodeEnvironment({ backend: "wasm" }), cache });
  const notes: string[] = [];
  const context = {
    signal: new AbortController().signal,
    onProgress: ({ note }: { note: string }) => void notes.push(note),
  };
  await lab.load({ source: { kind: "path", path: `tests/fixtures/models/${NAME}` } }, context);
  const { layers, hparams } = stored;
  const settings = { layers, nullspace_threshold: hparams.nullspace_threshold };
  const found = await lab.keySpectra({ method: "AlphaEdit", settings, statistics }, context);
  expect(found.threshold).toBe(hparams.nullspace_threshold);
  expect(found.layers.map(({ layer }) => layer)).toEqual(layers);
  for (const { layer, free, eigenvalues } of found.layers) {
    expect(free).toBe(stored.nullspace_rank[layer]);
    expect(eigenvalues.filter((value) => value < found.threshold)).toHaveLength(free);
    expect(eigenvalues.every((value, at) => at === 0 || value <= eigenvalues[at - 1]!)).toBe(true);
    // The trace of a matrix is the sum of its eigenvalues.
    const c = (await moments(`C.${layer}`)).values;
    const trace = eigenvalues.reduce((sum, _value, at) => sum + c[at * (eigenvalues.length + 1)]!, 0);
    expect(eigenvalues.reduce((sum, value) => sum + value, 0) / trace).toBeCloseTo(1, 9);
  }
  expect(notes).toContain("Decomposing the second moments");
  for (const method of ["MEMIT", "AnyEdit"] as const) {
    const refused = lab.keySpectra({ method, settings: {}, statistics }, context);
    await expect(refused).rejects.toMatchObject({ code: "bad-request", details: { field: "method" } });
  }
});
