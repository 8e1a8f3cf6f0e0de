/** Looking at models before loading them, and throwing kept ones away. */
import { expect, test } from "vitest";
import { AppError } from "../lib/errors";
import { createPickerStore } from "./pickerStore";
import { createFakeLab, INSPECTION, KEPT } from "./testing/fakeLab";

test("asks the hub only when told to, and for what stands in the field", async () => {
  const lab = createFakeLab();
  const picker = createPickerStore(lab);
  picker.getState().setHubText(" https://huggingface.co/a/b ");
  expect(lab.calls).toEqual([]);
  await picker.getState().inspectTyped();
  const source = { kind: "hub", repository: "a/b", revision: "main" };
  expect(lab.calls).toEqual([{ method: "inspectModel", request: { source } }]);
  expect(picker.getState()).toMatchObject({
    inspected: source,
    inspection: { status: "done", result: { ref: "hf:a/b@0123" } },
  });
});

test("does not ask for what is no name", async () => {
  const lab = createFakeLab();
  const picker = createPickerStore(lab);
  picker.getState().setHubText("gpt2");
  await picker.getState().inspectTyped();
  expect(lab.calls).toEqual([]);
});

test("a newer look silences the older one", async () => {
  let answer: (() => void) | undefined;
  const lab = createFakeLab({
    inspectModel: ({ source }) =>
      source.kind === "hub" && source.repository === "slow/one"
        ? new Promise((resolve) => (answer = () => resolve({ ...INSPECTION, ref: "hf:slow/one@1" })))
        : Promise.resolve(INSPECTION),
  });
  const picker = createPickerStore(lab);
  const slow = picker.getState().inspect({ kind: "hub", repository: "slow/one", revision: "main" });
  await picker.getState().inspect({ kind: "hub", repository: "a/b", revision: "main" });
  answer?.();
  await slow;
  expect(picker.getState().inspection).toMatchObject({ result: { ref: INSPECTION.ref } });
});

test("a gated model is refused in words", async () => {
  const gated = new AppError("model-not-found", "a/b is gated.", "Download it with your account.");
  const picker = createPickerStore(createFakeLab({ inspectModel: () => Promise.reject(gated) }));
  await picker.getState().inspect(INSPECTION.source);
  expect(picker.getState().inspection).toEqual({ status: "failed", error: gated });
  picker.getState().forget();
  expect(picker.getState()).toMatchObject({ inspection: { status: "idle" }, inspected: undefined });
});

test("a kept model is gone from the list when it is removed; a refusal leaves the list", async () => {
  const locked = new AppError("storage", "Another tab uses it.", "Close the tab.");
  let isLocked = true;
  const lab = createFakeLab();
  const { removeKeptModel } = lab;
  const picker = createPickerStore({
    ...lab,
    inspectModel: lab.inspectModel,
    keptModels: lab.keptModels,
    removeKeptModel: (request) => (isLocked ? Promise.reject(locked) : removeKeptModel(request)),
  });
  await picker.getState().listKept();
  expect(picker.getState().lastKept?.models).toEqual([KEPT]);
  await picker.getState().removeKept(KEPT.ref);
  expect(picker.getState()).toMatchObject({ kept: { status: "failed" }, lastKept: { models: [KEPT] } });
  isLocked = false;
  await picker.getState().removeKept(KEPT.ref);
  expect(picker.getState().lastKept).toMatchObject({ models: [], bytes: 0 });
});
