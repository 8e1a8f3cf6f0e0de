/** Traces: rows that arrive, results that are kept, differences, cells that are asked about. */
import { describe, expect, test } from "vitest";
import { createFakeLab, traceResult, wordsOf } from "./testing/fakeLab";
import { createTraceStore, type TraceSubject } from "./traceStore";

const ABOUT: TraceSubject = {
  prompt: "The capital of Peru is",
  subject: { start: 15, end: 19 },
  weightHash: "base",
  weightsLine: "base model",
};

const traces = (calls: readonly { method: string }[]): number =>
  calls.filter(({ method }) => method === "trace").length;

describe("a trace", () => {
  test("shows its rows while it runs and the result when it is done", async () => {
    const seen: (number | undefined)[] = [];
    const lab = createFakeLab({
      trace: async (request, context) => {
        const row = { scores: [0.1, 0.7], spread: [0, 0], answer: { id: 1, text: " Lima" }, clean: 0.9 };
        const rest = {
          tokens: wordsOf(request.prompt),
          subject: { start: 3, end: 4 },
          corrupted: 0.1,
          layers: 2,
        };
        context?.onProgress?.({ note: "", done: 1, total: 5 }, { ...row, ...rest, token: 3 });
        context?.onProgress?.({ note: "", done: 2, total: 5 }, { ...row, ...rest, token: 4 });
        return traceResult(request);
      },
    });
    const store = createTraceStore(lab);
    store.subscribe(({ run }) => {
      if (run.status === "running") seen.push(run.partial?.scores.filter((row) => row !== undefined).length);
    });
    await store.getState().start(ABOUT);
    expect(seen).toEqual([undefined, 1, 2]);
    expect(store.getState().shown).toMatchObject({ view: "state", stored: false });
    expect(store.getState().cell).toEqual(expect.objectContaining({ token: 3, layer: 1 }));
  });

  test("is not computed twice for the same weights, and is for others", async () => {
    const lab = createFakeLab();
    const store = createTraceStore(lab);
    await store.getState().start(ABOUT);
    store.getState().setView("mlp");
    await store.getState().start(ABOUT);
    store.getState().setView("state");
    await store.getState().start(ABOUT);
    expect(traces(lab.calls)).toBe(2);
    await store.getState().start({ ...ABOUT, weightHash: "edited" });
    expect(traces(lab.calls)).toBe(3);
  });

  test("other settings are another trace", async () => {
    const lab = createFakeLab();
    const store = createTraceStore(lab);
    await store.getState().start(ABOUT);
    store.getState().setSettings({ seed: 2 });
    expect(store.getState().recall(ABOUT)).toBe(false);
    await store.getState().start(ABOUT);
    expect(lab.calls.at(-1)?.request).toMatchObject({ seed: 2, samples: 10, noise: "3sigma", naive: false });
  });

  test("severed views say what is cut off; the others do not", async () => {
    const lab = createFakeLab();
    const store = createTraceStore(lab);
    store.getState().setView("severed");
    store.getState().setSettings({ sever: "attention" });
    await store.getState().start(ABOUT);
    expect(lab.calls.at(-1)?.request).toMatchObject({ kind: "state", sever: "attention" });
    store.getState().setView("attention");
    await store.getState().start(ABOUT);
    expect(lab.calls.at(-1)?.request).not.toHaveProperty("sever");
  });

  test("a difference asks the untouched weights and those in use", async () => {
    const lab = createFakeLab();
    const store = createTraceStore(lab);
    store.getState().setView("difference");
    await store.getState().start({ ...ABOUT, weightHash: "edited", answer: " Oslo" });
    expect(lab.calls.map(({ request }) => request)).toMatchObject([
      { weights: "base", answer: " Oslo" },
      { weights: "edited", answer: " Oslo" },
    ]);
    const { shown } = store.getState();
    expect(shown?.view === "difference" && shown.pair.after.scores[0]?.[1]).toBe(0.2);
    // After another edit only the new weights are asked again.
    await store.getState().start({ ...ABOUT, weightHash: "edited twice", answer: " Oslo" });
    expect(traces(lab.calls)).toBe(3);
  });
});

describe("a cell", () => {
  test("is asked about with the request that was traced", async () => {
    const lab = createFakeLab();
    const store = createTraceStore(lab);
    await store.getState().start(ABOUT);
    store.getState().selectCell({ token: 2, layer: 0 });
    await store.getState().inspect();
    expect(lab.calls.at(-1)).toMatchObject({ method: "traceCell", request: { token: 2, layer: 0, top: 5 } });
    expect(store.getState().detail).toMatchObject({ status: "done" });
  });

  test("of a stored trace cannot be asked about", async () => {
    const lab = createFakeLab();
    const store = createTraceStore(lab);
    await store.getState().start(ABOUT);
    const { shown } = store.getState();
    if (shown === undefined) throw new Error("nothing is shown");
    store.getState().showStored({ ...shown, stored: true });
    await store.getState().inspect();
    expect(lab.calls.some(({ method }) => method === "traceCell")).toBe(false);
  });
});
