/** The same work without a mouse, and a job that is stopped. */
import { expect, test } from "@playwright/test";
import { heatmap, openPage, PATIENCE, stateLine, traceIsDone } from "./lab";

test("from prompt to edit by keys alone", async ({ page }) => {
  await openPage(page);
  const prompt = page.getByLabel("Prompt", { exact: true });
  await prompt.focus();
  await prompt.fill("The capital of Greece is");
  await prompt.press("Control+Enter");
  await expect(page.getByLabel("Subject", { exact: true })).toHaveValue("Greece");
  await traceIsDone(page);

  // Into the grid, about in it, and to a layer to edit.
  await heatmap(page).locator('[tabindex="0"]').focus();
  await page.keyboard.press("Home");
  await expect(page.locator(":focus")).toHaveAttribute("aria-label", /layer 0: /u);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(page.locator(":focus")).toHaveAttribute("aria-label", /layer 2: /u);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  const target = page.getByLabel("New answer");
  await expect(target).toBeFocused();
  await page.keyboard.type("Oslo");
  await page.keyboard.press("Enter");
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  await expect(page.locator("#changed del").first()).toHaveText("At");

  const toggle = page.locator("#edit").getByRole("switch");
  await toggle.focus();
  await page.keyboard.press("Space");
  await expect(stateLine(page)).toHaveText("base model");
});

test("tokens are chosen with arrows and Enter", async ({ page }) => {
  await openPage(page);
  const tokens = page.getByRole("group", { name: /Tokens of the prompt/u }).getByRole("button");
  await tokens.first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Subject", { exact: true })).toHaveValue("capital");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(page.getByLabel("Subject", { exact: true })).toHaveValue("capital of");
});

test("a subject that stands twice is asked about", async ({ page }) => {
  await openPage(page);
  await page.getByLabel("Prompt", { exact: true }).fill("Norway, the capital of Norway is");
  await page.getByLabel("Subject", { exact: true }).fill("Norway");
  await page.getByLabel("Subject", { exact: true }).press("Enter");
  await page.getByLabel("Subject", { exact: true }).fill("the");
  await page.getByLabel("Subject", { exact: true }).press("Enter");
  await page.getByLabel("Subject", { exact: true }).fill("Norway");
  await page.getByLabel("Subject", { exact: true }).press("Enter");
  const choice = page.getByRole("group", { name: "Which one do you mean?" });
  await expect(choice.getByRole("button")).toHaveCount(2);
  await choice.getByRole("button").last().click();
  await expect(choice).toBeHidden();
});

test("a trace can be stopped, and another started at once", async ({ page }) => {
  await openPage(page);
  await page.getByRole("button", { name: /How it is traced/u }).click();
  await page.getByLabel("Samples", { exact: true }).fill("100");
  await page.getByLabel("Samples", { exact: true }).press("Enter");
  await page.getByRole("button", { name: "Trace with these" }).click();
  const where = page.locator("#where");
  await where.getByRole("button", { name: "Cancel" }).click({ timeout: PATIENCE });
  await expect(where.getByRole("button", { name: "Cancel" })).toBeHidden();
  await page.getByRole("button", { name: "United Kingdom", exact: true }).click();
  await expect(page.locator("#trace-sentence")).toContainText("London", { timeout: PATIENCE });
});

test("help opens with ? and closes with Escape", async ({ page }) => {
  await page.goto("/");
  await page.locator("h1").click();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "How to use this page" });
  await expect(help).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
});
