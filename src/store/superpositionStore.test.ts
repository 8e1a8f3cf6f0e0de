/** Layers come together or one by one, faults stay named, and sizes outlive the model. */
import { expect, test } from "vitest";
import type { LayerSuperposition, SuperpositionRequest, SuperpositionResult } from "../domain/superposition";
import { createFactListStore, spread } from "./factListStore";
import { recallSizes } from "./keptSizes";
import { createSuperpositionStore, sharesKey } from "./superpositionStore";
import { createFakeLab, MODEL } from "./testing/fakeLab";

const FACTS = Array.from({ length: 5 }, (_, at) => ({ prompt: "{} is", subject: `s${at}`, target: "t" }));
const ABOUT = { name: "facts", model: MODEL, weightsLine: "base model", layer: 1 };

/** Fact 1 is left out; the fourth shares the first one's key. */
function answer({ facts, layers = [0, 1], matrices = [] }: SuperpositionRequest): SuperpositionResult {
  const kept = facts.flatMap((_, at) => (at === 1 ? [] : [at]));
  const n = kept.length;
  const one = (layer: number) =>
    ({
      layer,
      kurtosis: layer + 3,
      interference: { extreme: { kurtosisWithout: 1 }, absoluteMean: 0.1 },
      matrices: matrices.map((kind) => ({ kind, values: new Float64Array(n * n).fill(layer + 0.5) })),
      order: kept.map((_, at) => n - 1 - at),
      pairs: [],
    }) as unknown as LayerSuperposition;
  return {
    kept,
    skipped: [{ index: 1, subject: "s1", prompt: "", reason: "subject-empty", message: "none" }],
    sameKeys: [{ index: 3, of: 0, kind: "duplicate" }],
    layers: layers.map(one),
    warnings: ["few tokens"],
    milliseconds: 2,
  };
}

const memory = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
};

test("a short list has every layer at once, with its faults by their places", async () => {
  const storage = memory();
  const requests: SuperpositionRequest[] = [];
  const lab = createFakeLab({
    superposition: (request) => {
      requests.push(request);
      return Promise.resolve(answer(request));
    },
  });
  const store = createSuperpositionStore(lab, storage);
  await store.getState().analyse(FACTS, ABOUT);
  const { compared, layers, warnings, sizes } = store.getState();
  expect(requests).toHaveLength(1);
  expect([...layers.keys()]).toEqual([0, 1]);
  expect(layers.get(1)!.values![0]).toBe(1.5);
  expect(compared!.facts.map(({ subject }) => subject)).toEqual(["s0", "s2", "s3", "s4"]);
  expect(compared!.sameKeys).toEqual([{ index: 2, of: 0, kind: "duplicate" }]);
  expect(sharesKey(compared!.sameKeys, { i: 2, j: 0 })).toBe(true);
  expect(sharesKey(compared!.sameKeys, { i: 2, j: 1 })).toBe(false);
  expect(warnings).toEqual(["few tokens"]);
  expect(sizes[0]).toMatchObject({ ref: MODEL.ref, facts: 4, layers: [{ kurtosis: 3 }, { kurtosis: 4 }] });
  // Another model: the matrices go, the sizes stay, in the next visit as well.
  store.getState().forget();
  expect(store.getState().compared).toBeUndefined();
  expect(store.getState().sizes).toHaveLength(1);
  expect(recallSizes(storage)).toEqual(sizes);
  await store.getState().chooseLayer(0);
  expect(requests).toHaveLength(1);
});

test("a long list has the layer that is looked at, and the others' numbers on request", async () => {
  const long = Array.from({ length: 400 }, (_, at) => ({ prompt: "{} is", subject: `s${at}` }));
  const asked: (readonly number[] | undefined)[] = [];
  const lab = createFakeLab({
    superposition: (request) => {
      asked.push(request.layers);
      return Promise.resolve(answer(request));
    },
  });
  const store = createSuperpositionStore(lab, memory());
  await store.getState().analyse(long, ABOUT);
  expect(store.getState().sizes).toEqual([]);
  await store.getState().computeAll();
  expect(asked).toEqual([[1], [0]]);
  expect(store.getState().layers.get(0)!.values).toBeUndefined();
  expect(store.getState().sizes).toHaveLength(1);
  await store.getState().chooseLayer(0);
  expect(store.getState().layers.get(0)!.values).toBeDefined();
});

test("lists are drawn at even distances and keep their faulty rows", async () => {
  expect(spread([0, 1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
  const list = createFactListStore(createFakeLab());
  expect(await list.getState().choose("own", 10)).toBe(false);
  await list.getState().read("{Peru} is in = America\nnothing", "pasted facts");
  expect(list.getState()).toMatchObject({
    name: "pasted facts",
    facts: [{ subject: "Peru" }],
    faults: [{ row: 2 }],
  });
  await list.getState().read("{", "x.json");
  expect(list.getState().run.status).toBe("failed");
  expect(list.getState().facts).toHaveLength(1);
});
