/** Duels and sweeps as the page holds them. */
import { expect, test, vi } from "vitest";
import type { DuelResult, SweepResult, TrialOutcome } from "../domain/trials";
import { createDuelStore } from "./duelStore";
import { createSweepStore, sweepShown } from "./sweepStore";
import { createFakeLab } from "./testing/fakeLab";

const SCORES = { rewrite: { good: 1, count: 1, p: 0.9 }, paraphrase: null, neighbourhood: null };
const DONE: TrialOutcome = {
  status: "done",
  scores: SCORES,
  probes: [],
  updates: [],
  warnings: [],
  milliseconds: 1,
};

test("methods are chosen and put back, and a duel's finished entries show while it runs", async () => {
  const entry = { method: "ROME" as const, settings: {}, ...DONE };
  const first: DuelResult = { before: SCORES, entries: [entry], milliseconds: 1 };
  const lab = createFakeLab({
    duel: (_request, context) => {
      context?.onProgress?.({ note: "ROME is done", done: 1, total: 2 }, first);
      return new Promise((_resolve, reject) =>
        context?.signal?.addEventListener("abort", () => reject(new Error("stopped"))),
      );
    },
  });
  const store = createDuelStore(lab);
  store.getState().toggle("ROME");
  expect(store.getState().chosen).not.toContain("ROME");
  store.getState().toggle("WISE");
  expect(store.getState().chosen.at(-1)).toBe("WISE");
  const duel = store.getState().start({ entries: [], requests: [], seed: 1 });
  await vi.waitFor(() => expect(store.getState().run).toMatchObject({ partial: first }));
  const { run } = store.getState();
  if (run.status === "running") run.stop();
  await duel;
  expect(store.getState()).toMatchObject({ run: { status: "idle" }, result: undefined });
});

test("a sweep opens in the heatmap's place and shows what it came to", async () => {
  const result: SweepResult = {
    method: "ROME",
    before: SCORES,
    layers: [{ layer: 0, ...DONE }],
    milliseconds: 1,
  };
  const store = createSweepStore(createFakeLab({ layerSweep: () => Promise.resolve(result) }));
  await store.getState().start({ method: "ROME", requests: [], settings: {}, seed: 1 });
  expect(store.getState().isOpen).toBe(true);
  expect(sweepShown(store.getState())).toBe(result);
  store.getState().clear();
  expect(sweepShown(store.getState())).toBeUndefined();
});
