/** The worker dies in the page: silently, by an exception, again and again. Nothing made is lost, nothing shown is wrong. */
import { expect, test } from "@playwright/test";
import {
  alerts,
  crashDuring,
  editAsUsual,
  engineIsBack,
  prolongEdit,
  rememberWorkers,
  setSamples,
  standing,
  startTrace,
  breakDuring,
  terminateWorker,
  traceWith,
} from "./faults";
import {
  chooseExample,
  editPanel,
  makeEdit,
  openExample,
  openPage,
  PATIENCE,
  stateLine,
  waitForModel,
} from "./lab";

// A service worker would give the page the lab's script past the test's route.
test.use({ serviceWorkers: "block" });
test.beforeEach(({ page }) => rememberWorkers(page));

test("terminated in the middle of a trace: the edit is back bit for bit, the trace runs again to the same numbers", async ({
  page,
}) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const before = await standing(page);

  await breakDuring(page, "trace", 4);
  await setSamples(page, 30);
  await startTrace(page);
  await expect(page.locator("#where").getByRole("alert")).toContainText("The lab's worker stopped");
  await expect(page.locator("#where").getByRole("alert")).toContainText("run the job once more");
  await engineIsBack(page);
  expect(await standing(page)).toEqual(before);

  const afterTheFault = await traceWith(page, 12);
  // An undisturbed run of the same: the page opened anew, the edit from its journal.
  await page.reload();
  await waitForModel(page);
  await expect(stateLine(page)).toHaveText(before.line, { timeout: PATIENCE });
  expect(await standing(page)).toEqual(before);
  expect(await traceWith(page, 12)).toEqual(afterTheFault);
});

test("crashed in the middle of an edit: the edits from before are back, and the same edit succeeds", async ({
  page,
}) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const before = await standing(page);
  await openExample(page, "Geography", "United Kingdom");
  await prolongEdit(page);
  await crashDuring(page, 2, "a test broke the worker");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await expect(editPanel(page).getByRole("alert")).toContainText("a test broke the worker");
  await engineIsBack(page);
  await expect(stateLine(page)).toHaveText("base + 1 edit");
  expect((await standing(page)).hash).toBe(before.hash);

  await editAsUsual(page);
  await expect(stateLine(page)).toHaveText("base + 2 edits", { timeout: PATIENCE });
  const twice = await standing(page);
  await page.reload();
  await waitForModel(page);
  await expect(stateLine(page)).toHaveText("base + 2 edits", { timeout: PATIENCE });
  expect(await standing(page)).toEqual(twice);
});

test("a worker that never starts: after four faults the page stops, says so, and tries again when asked", async ({
  page,
}) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const before = await standing(page);
  await page.route("**/lab.worker-*.js", (route) => route.fulfill({ status: 500, body: "" }));
  await terminateWorker(page);
  const stopped = alerts(page).filter({ hasText: "The engine has stopped" });
  await expect(stopped).toContainText("Your edits are safe", { timeout: PATIENCE });
  await page.unroute("**/lab.worker-*.js");
  await stopped.getByRole("button", { name: "Try again" }).click();
  await engineIsBack(page);
  await expect(alerts(page)).toHaveCount(0);
  expect(await standing(page)).toEqual(before);
});
