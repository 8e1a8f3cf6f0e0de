/** The meter's report is of the weights in use or is not shown, and a sequence is not slowed by it. */
import { expect, test } from "vitest";
import type { DamageReport } from "../domain/damage";
import { AppError } from "../lib/errors";
import { createDamageStore } from "./damageStore";

const REPORT: DamageReport = { level: "sound", measures: [], edits: 1, weightHash: "a", milliseconds: 100 };

function slowLab() {
  const waiting: { finish: (report: DamageReport) => void; fail: (error: unknown) => void }[] = [];
  const damage = () =>
    new Promise<DamageReport>((finish, fail) => {
      waiting.push({ finish, fail });
    });
  return { waiting, lab: { damage } };
}

test("what fails or is stopped takes the earlier report with it, what is overtaken does not", async () => {
  const { lab, waiting } = slowLab();
  const store = createDamageStore(lab);
  const first = store.getState().measure();
  waiting[0]!.finish(REPORT);
  await first;
  expect(store.getState().report).toBe(REPORT);

  const overtaken = store.getState().measure();
  const newest = store.getState().measure();
  waiting[1]!.fail(new AppError("cancelled", "Stopped."));
  await overtaken;
  expect(store.getState().report).toBe(REPORT);
  waiting[2]!.fail(new AppError("not-finite", "The answer is no number."));
  await newest;
  expect(store.getState()).toMatchObject({ run: { status: "failed" } });
  expect(store.getState().report).toBeUndefined();
});

test("in passing it is measured once at a time, and rests twenty times as long as it took", async () => {
  const { lab, waiting } = slowLab();
  let clock = 0;
  const store = createDamageStore(lab, () => clock);
  store.getState().measureInPassing();
  store.getState().measureInPassing();
  expect(waiting).toHaveLength(1);
  waiting[0]!.finish(REPORT);
  await expect.poll(() => store.getState().report).toBe(REPORT);
  clock = 1999;
  store.getState().measureInPassing();
  expect(waiting).toHaveLength(1);
  clock = 2000;
  store.getState().measureInPassing();
  expect(waiting).toHaveLength(2);
});
