/** Choosing a model: what is told before anything is downloaded, keeping one, and being rid of it again. */
import { expect, test, type Page } from "@playwright/test";
import { ABSENT, FOREIGN, GATED, RUNS, servePickerHub } from "./pickerHub";
import { axeFindings, modelChip, openPage, PATIENCE } from "./lab";

const picker = (page: Page) => page.getByRole("dialog", { name: "Choose a model" });
const report = (page: Page) => page.getByRole("region", { name: "About this model" });

/** By keys alone: opens the picker, names the model, asks. */
async function lookUp(page: Page, name: string): Promise<void> {
  if (!(await picker(page).isVisible())) {
    await modelChip(page).focus();
    await page.keyboard.press("Enter");
  }
  const field = page.getByLabel("Model on the hub");
  await field.focus();
  await field.fill(name);
  await page.keyboard.press("Enter");
}

test("a model of the hub is described before it is downloaded, kept, and deleted", async ({
  page,
  context,
}) => {
  const asked = await servePickerHub(context);
  await openPage(page);
  await lookUp(page, RUNS);
  await expect(report(page)).toContainText("To download", { timeout: PATIENCE });
  for (const words of ["apache-2.0", "safetensors, one file", "llama, supported", "on WASM", "are free"]) {
    await expect(report(page)).toContainText(words);
  }
  expect(asked.some((path) => path.endsWith(".safetensors"))).toBe(false);
  expect(await axeFindings(page)).toEqual([]);

  await report(page)
    .getByRole("button", { name: /Download .* and load/u })
    .click();
  await expect(modelChip(page)).toContainText(RUNS, { timeout: PATIENCE });
  expect(asked.some((path) => path.endsWith(".safetensors"))).toBe(true);

  // Kept: with the hub gone it opens all the same.
  await context.route(/^https:\/\/huggingface\.co\//u, (route) => route.abort());
  await page.reload();
  await expect(modelChip(page)).toContainText("WASM", { timeout: PATIENCE });
  await modelChip(page).click();
  await picker(page)
    .getByRole("button", { name: `Load ${RUNS}` })
    .click();
  await expect(modelChip(page)).toContainText(RUNS, { timeout: PATIENCE });

  await modelChip(page).click();
  await picker(page)
    .getByRole("button", { name: `Delete ${RUNS}` })
    .click();
  await expect(picker(page).getByRole("button", { name: "Keep", exact: true })).toBeFocused();
  await picker(page).getByRole("button", { name: "Delete", exact: true }).click();
  await expect(picker(page)).toContainText("No models kept");
});

test("models that cannot be opened are explained, with what to do", async ({ page, context }) => {
  const asked = await servePickerHub(context);
  await openPage(page);
  await lookUp(page, GATED);
  await expect(report(page).getByRole("alert")).toContainText(/gated.*Download it with your account/u);
  await lookUp(page, ABSENT);
  await expect(report(page).getByRole("alert")).toContainText(/no public model.*Check the spelling/u);
  await lookUp(page, FOREIGN);
  await expect(report(page).getByRole("alert")).toContainText(/recurrent.*Choose a model of one of these/u);
  await expect(report(page).getByRole("button", { name: /load/iu })).toHaveCount(0);
  expect(await axeFindings(page)).toEqual([]);
  expect(asked.some((path) => path.endsWith(".safetensors"))).toBe(false);
  await expect(modelChip(page)).toContainText("palimpsest-facts");
});

test("where storage is refused, the model loads without being kept, and the page says so", async ({
  page,
  context,
}) => {
  await servePickerHub(context);
  // The lab asks in its worker, where the page cannot reach: the script itself is given another storage.
  await context.route(/lab\.worker-[^/]*\.js$/u, async (route) => {
    const answer = await route.fetch();
    const refuse =
      "navigator.storage.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'));";
    await route.fulfill({ response: answer, body: `${refuse}\n${await answer.text()}` });
  });
  await openPage(page);
  await lookUp(page, RUNS);
  await expect(picker(page)).toContainText("gives no private storage here");
  await expect(report(page)).toContainText("it is downloaded each time", { timeout: PATIENCE });
  await report(page)
    .getByRole("button", { name: /Download .* and load/u })
    .click();
  await expect(modelChip(page)).toContainText(RUNS, { timeout: PATIENCE });
  await expect(page.getByText("the model is not kept")).toBeVisible();
});

test("a link made with another model says so and offers it", async ({ page, context }) => {
  const asked = await servePickerHub(context);
  await openPage(page, `#prompt=The+capital+of+Peru+is&start=15&end=19&model=hf:${RUNS}@main`);
  await expect(page.getByText(`This link was made with ${RUNS}.`)).toBeVisible();
  expect(asked).toEqual([]);
  await page.getByRole("button", { name: "Look at it" }).click();
  await expect(report(page)).toContainText("To download", { timeout: PATIENCE });
});
