/** The edit form: each method keeps its settings, borders belong to their words, layers go where the method wants them. */
import { expect, test, vi } from "vitest";
import type { OptimisationStep } from "../domain/edit";
import { createEditStore, EMPTY_FORM, toEditCall, toEditRequest } from "./editStore";
import { createMethodStore, layersUpTo } from "./methodStore";
import { createFakeLab, EDIT_RESULT, METHOD_LIST } from "./testing/fakeLab";

const [ROME, ANY_EDIT] = METHOD_LIST;
const PROMPT = "The capital of Peru is ";
const PERU = { start: 15, end: 19 };
const form = { ...EMPTY_FORM, targetNew: " Oslo " };

test("a method that is chosen again has the settings it was given", () => {
  const store = createEditStore(createFakeLab());
  store.getState().setSetting("steps", 5);
  store.getState().chooseMethod("AnyEdit");
  expect(store.getState().form).toMatchObject({ method: "AnyEdit", settings: {} });
  store.getState().setSetting("window", 3);
  store.getState().chooseMethod("ROME");
  expect(store.getState().form.settings).toEqual({ steps: 5 });
  store.getState().setSetting("steps", undefined);
  expect(store.getState().form.settings).toEqual({});
});

test("a cell's layer is one layer, or the last of several, or nothing, as the method's schema has it", () => {
  const at = { ...form, layer: 1 };
  expect(toEditCall(at, PROMPT, PERU, ROME).settings).toEqual({ layer: 1 });
  expect(toEditCall({ ...at, method: "AnyEdit" }, PROMPT, PERU, ANY_EDIT).settings).toEqual({
    editLayers: [0, 1],
  });
  const without = { ...ROME!, settings: [] };
  expect(toEditCall(at, PROMPT, PERU, without).settings).toEqual({});
  expect(layersUpTo(ANY_EDIT!, 0)).toEqual([0]);

  const store = createEditStore(createFakeLab());
  store.getState().setSetting("editLayers", [0]);
  store.getState().editAtLayer(1);
  expect(store.getState().form).toMatchObject({ layer: 1, settings: {} });
});

test("borders go with the request of a method for long answers, and away with their words or another cut", () => {
  const cut = { ...form, cuts: [2] };
  expect(toEditCall(cut, PROMPT, PERU, ROME).requests[0]).not.toHaveProperty("cuts");
  expect(toEditCall(cut, PROMPT, PERU, ANY_EDIT).requests[0]).toMatchObject({ cuts: [2], targetNew: "Oslo" });
  const store = createEditStore(createFakeLab());
  const { setForm, setSetting } = store.getState();
  setForm({ targetNew: "one two", cuts: [1] });
  setForm({ seed: 2 });
  expect(store.getState().form.cuts).toEqual([1]);
  setSetting("steps", 3);
  expect(store.getState().form.cuts).toEqual([1]);
  setSetting("window", 3);
  expect(store.getState().form.cuts).toBeUndefined();
  setForm({ cuts: [1] });
  setForm({ targetNew: "one two three" });
  expect(store.getState().form.cuts).toBeUndefined();
});

test("another model forgets layers and borders of all methods, and keeps the rest", () => {
  const store = createEditStore(createFakeLab());
  const { chooseMethod, setForm, setSetting, forgetPlaces } = store.getState();
  setSetting("editLayers", [3, 4]);
  setSetting("steps", 7);
  chooseMethod("AnyEdit");
  setForm({ layer: 5, cuts: [2] });
  forgetPlaces();
  expect(store.getState().form).toMatchObject({ layer: undefined, cuts: undefined });
  chooseMethod("ROME");
  expect(store.getState().form.settings).toEqual({ steps: 7 });
});

test("without a subject the whole prompt is the question", () => {
  expect(toEditRequest(form, PROMPT, undefined)).toMatchObject({
    prompt: "{}",
    subject: "The capital of Peru is",
  });
});

test("the steps of every chunk are gathered while only the last is told", async () => {
  const step = (total: number) => ({ step: 0, total }) as OptimisationStep;
  const lab = createFakeLab({
    edit: (_call, context) => {
      const tell = (vector: number, losses: OptimisationStep[]) =>
        context?.onProgress?.({ note: "", done: 0, total: 0 }, { losses, vector });
      tell(0, [step(4), step(3)]);
      tell(2, [step(9)]);
      expect(store.getState().run).toMatchObject({
        partial: [[{ total: 4 }, { total: 3 }], [], [{ total: 9 }]],
      });
      return Promise.resolve(EDIT_RESULT);
    },
  });
  const store = createEditStore(lab);
  await store.getState().start(toEditCall(form, PROMPT, PERU, ANY_EDIT));
  expect(store.getState().result).toBe(EDIT_RESULT);
});

test("costs are asked for method by method, and stop being asked when nobody looks", async () => {
  const lab = createFakeLab();
  const store = createMethodStore(lab);
  await store.getState().refresh();
  expect(store.getState().methods).toHaveLength(2);
  const calls = METHOD_LIST.map((method) =>
    toEditCall({ ...form, method: method.name }, PROMPT, PERU, method),
  );
  await store.getState().estimate(calls, new AbortController().signal);
  expect([...store.getState().costs.keys()]).toEqual(["ROME", "AnyEdit"]);
  await store.getState().refresh();
  await store.getState().estimate(calls, AbortSignal.abort());
  expect(store.getState().costs.size).toBe(0);
  await vi.waitFor(() => expect(lab.calls.filter(({ method }) => method === "forecast")).toHaveLength(3));
});
