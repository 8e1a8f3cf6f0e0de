/** The report for a bug report: everything in it, failures first, nothing of the user's. */
import { expect, test } from "vitest";
import { createReportStore } from "./reportStore";
import { byUrgency, closeness, reportText, toReport } from "./selfTestReport";
import { createFakeLab, MODEL, SELF_TEST } from "./testing/fakeLab";

const origin = { made: "2026-11-21T10:00:00Z", browser: "Browser 1.0", model: MODEL };

test("holds adapter, limits, checks and time", () => {
  const text = reportText(toReport(SELF_TEST, origin));
  for (const part of [
    "1 of 2 checks failed",
    SELF_TEST.adapter,
    SELF_TEST.float64,
    "addressSpace: 4294967296",
    "Browser 1.0",
    MODEL.ref,
  ]) {
    expect(text).toContain(part);
  }
  expect(text.indexOf("FAIL  softmax")).toBeLessThan(text.indexOf("ok    linear"));
  expect(text).toMatch(/softmax +error 2\.0e-4 {2}bound 1\.0e-5/u);
});

test("is the same as JSON", () => {
  const report = toReport(SELF_TEST, { ...origin, model: undefined });
  expect(JSON.parse(JSON.stringify(report))).toMatchObject({ ...SELF_TEST, product: "Palimpsest" });
});

test("a name with marks that reorder text is spelled out", () => {
  const model = { ...MODEL, ref: "a\u202eb.gguf" };
  expect(reportText(toReport(SELF_TEST, { ...origin, model }))).toContain("a[U+202E]b.gguf");
});

test("a check without a number is the most urgent", () => {
  const broken = { name: "lost", error: NaN, bound: 1, passed: false };
  expect(byUrgency([...SELF_TEST.checks, broken]).map(({ name }) => name)).toEqual([
    "lost",
    "softmax",
    "linear",
  ]);
  expect(closeness({ name: "", error: 0, bound: 0, passed: true })).toBe(0);
});

test("the store runs it and notes when", async () => {
  const store = createReportStore(createFakeLab());
  await store.getState().start();
  expect(store.getState()).toMatchObject({ run: { status: "done", result: SELF_TEST } });
  expect(Date.parse(store.getState().made ?? "")).toBeGreaterThan(0);
});
