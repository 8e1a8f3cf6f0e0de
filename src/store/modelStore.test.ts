/** The test of an engine that comes after the load: what it says about the model on it. */
import { expect, test } from "vitest";
import { AppError } from "../lib/errors";
import { createModelStore } from "./modelStore";
import { createFakeLab } from "./testing/fakeLab";

const loadedOn = async (checkEngine: () => Promise<void>) => {
  const store = createModelStore(createFakeLab({ checkEngine }));
  await store.getState().load({ kind: "embedded", name: "small" });
  await store.getState().checkEngine();
  return store.getState();
};

test("a model on an engine that computes wrongly is taken away, with the reason", async () => {
  const wrong = new AppError("gpu-error", "Relaxed SIMD computes “matmul” wrongly.", "Take another browser.");
  const state = await loadedOn(() => Promise.reject(wrong));
  expect(state.model).toBeUndefined();
  expect(state.loading).toEqual({ status: "failed", error: wrong });
});

test("a model stays where the engine passes, and where the test could not be made", async () => {
  expect((await loadedOn(() => Promise.resolve())).model).toBeDefined();
  const lost = new AppError("worker-lost", "The worker stopped.");
  const state = await loadedOn(() => Promise.reject(lost));
  expect(state.model).toBeDefined();
  expect(state.loading.status).toBe("done");
});
