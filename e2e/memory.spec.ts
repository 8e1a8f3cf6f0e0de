/** A device with little memory: a job that comes near its limit is told of beforehand, and waits for the user's word. */
import { expect, test } from "@playwright/test";
import { axeFindings, openPage, PATIENCE } from "./lab";

/** Gibibytes; half of them are a page's. */
const DEVICE = 0.2;
/** Long, so that its runs take more than the small model does. */
const PROMPT = `${"in those days people said that ".repeat(5)}the capital of Greece is`;

test("a trace that would not fit is announced with numbers, and refused without harm", async ({
  page,
  context,
}) => {
  await context.route(/lab\.worker-[^/]*\.js$/u, async (route) => {
    const answer = await route.fetch();
    const small = `Object.defineProperty(navigator, "deviceMemory", { get: () => ${DEVICE} });`;
    await route.fulfill({ response: answer, body: `${small}\n${await answer.text()}` });
  });
  await openPage(page);
  const where = page.locator("#where");
  await page.getByLabel("Prompt", { exact: true }).fill(PROMPT);
  await expect(page.getByLabel("Subject", { exact: true })).toHaveValue("Greece");
  await expect(where).toContainText("Tracing blurs the subject");
  await page.getByRole("button", { name: /How it is traced/u }).click();
  await page.getByLabel("Samples", { exact: true }).fill("100");
  await page.getByLabel("Samples", { exact: true }).press("Enter");
  await page.getByRole("button", { name: "Trace with these" }).click();
  const caution = where.getByRole("alert");
  await expect(caution).toContainText(/This trace takes about .* more than the 107\sMB/u, {
    timeout: PATIENCE,
  });
  expect(await axeFindings(page)).toEqual([]);

  await where.getByRole("button", { name: "Trace all the same" }).click();
  await expect(caution).toContainText(/there are 10\d\sMB in all.*Take fewer noise samples/u, {
    timeout: PATIENCE,
  });
  await page.getByRole("button", { name: /How it is traced/u }).click();
  await page.getByLabel("Samples", { exact: true }).fill("2");
  await page.getByLabel("Samples", { exact: true }).press("Enter");
  await page.getByRole("button", { name: "Trace with these" }).click();
  // What it shows is the model's business; that it came is this journey's.
  await expect(page.locator("#trace-sentence")).toContainText(/\d\s%/u, { timeout: PATIENCE });
});
