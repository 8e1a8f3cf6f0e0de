/** The methods in the page: chosen, given a long answer, put to a list, compared, and tried at every layer. */
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { axeFindings, changes, editPanel, openPage, PATIENCE, stateLine } from "./lab";

const nav = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Workspaces" }).getByRole("link", { name });

async function choose(page: Page, method: RegExp): Promise<void> {
  await page.getByRole("button", { name: /· Method$/u }).click();
  const list = page.getByRole("dialog", { name: "Method" });
  await list.getByRole("button", { name: method }).click();
  await expect(list).toBeHidden();
}

test("a long answer is cut by hand, written chunk by chunk, and shown token by token", async ({ page }) => {
  const { problems } = await openPage(page);
  await page.getByRole("button", { name: /· Method$/u }).click();
  const list = page.getByRole("dialog", { name: "Method" });
  await expect(list.getByRole("region", { name: /^Beside the model/u })).toContainText("GRACE");
  await expect(list.getByRole("button", { name: /^ROME /u })).toContainText(/about .*MB/u);
  await list.getByRole("button", { name: /^AnyEdit/u }).click();
  // This model's own window is one token, whose borders have nowhere to go.
  await page.getByRole("button", { name: "Settings of the edit" }).click();
  await page.getByRole("textbox", { name: "Window", exact: true }).fill("8");
  await page.getByRole("textbox", { name: "Window", exact: true }).press("Enter");
  await page.keyboard.press("Escape");

  const answer = editPanel(page).getByRole("textbox", { name: "New answer" });
  await answer.fill("Paris and then Rome and then Oslo");
  const borders = editPanel(page).getByRole("slider");
  await expect(borders.first()).toBeVisible({ timeout: PATIENCE });
  const first = borders.first();
  const place = Number(await first.getAttribute("aria-valuenow"));
  await first.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(first).toHaveAttribute("aria-valuenow", String(place - 1));
  await expect(first).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(first).toHaveAttribute("aria-valuenow", String(place + 1));

  // The same by the pointer: onto the second token.
  const token = editPanel(page).locator("[data-token='1']");
  const [from, to] = [await first.boundingBox(), await token.boundingBox()];
  await page.mouse.move((from?.x ?? 0) + 2, (from?.y ?? 0) + 8);
  await page.mouse.down();
  await page.mouse.move((to?.x ?? 0) + 4, (to?.y ?? 0) + 8, { steps: 4 });
  await page.mouse.up();
  await expect(first).toHaveAttribute("aria-valuenow", "1");
  const chunks = (await borders.count()) + 1;
  const shares = editPanel(page).getByRole("list", { name: "Chunks and the fact each disturbs most" });
  await expect(shares.getByRole("listitem")).toHaveCount(chunks, { timeout: PATIENCE });
  expect(await axeFindings(page), "chunks").toEqual([]);

  await page.getByRole("button", { name: "Settings of the edit" }).click();
  await page.getByRole("textbox", { name: "Steps", exact: true }).fill("4");
  await page.getByRole("textbox", { name: "Steps", exact: true }).press("Enter");
  await page.keyboard.press("Escape");
  await editPanel(page).getByRole("button", { name: "Edit", exact: true }).click();
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  await expect(
    editPanel(page).getByRole("figure", { name: "Loss of every chunk" }).getByRole("img"),
  ).toHaveCount(chunks);
  const strip = changes(page).getByRole("region", { name: "Token by token" });
  await expect(strip).toContainText(/A token of the answer has .* before the edit/u);
  expect(await strip.getByRole("img").count()).toBeGreaterThan(6);
  expect(problems).toEqual([]);
});

test("a sweep over the layers is stopped, run again, and leads to an edit", async ({ page }) => {
  const { problems } = await openPage(page);
  await page.getByRole("button", { name: "Settings of the edit" }).click();
  await page.getByRole("textbox", { name: "Steps", exact: true }).fill("2");
  await page.getByRole("textbox", { name: "Steps", exact: true }).press("Enter");
  await page.keyboard.press("Escape");
  const where = page.locator("#where");
  await editPanel(page).getByRole("button", { name: "Sweep layers" }).click();
  await where.getByRole("button", { name: "Cancel" }).click();
  await expect(stateLine(page)).toHaveText("base model");
  await editPanel(page).getByRole("button", { name: "Sweep layers" }).click();
  await expect(where.getByRole("button", { name: /^Edit at layer/u })).toBeVisible({ timeout: PATIENCE });
  await expect(where).toContainText(/ROME at layer \d gives the new answer/u);
  await expect(where.getByRole("table").getByRole("row")).toHaveCount(9);
  await expect(stateLine(page)).toHaveText("base model");
  expect(await axeFindings(page), "sweep").toEqual([]);
  const saved = page.waitForEvent("download");
  await where.getByRole("button", { name: "Table (CSV)" }).click();
  expect(readFileSync(await (await saved).path(), "utf8")).toMatch(/^layer,rewrite_p/u);
  await where.getByRole("button", { name: "Back to the trace" }).click();
  await expect(page.getByRole("grid")).toBeVisible();
  expect(problems).toEqual([]);
});

test("a pasted list is written, then put to several methods, and the model stays as it was", async ({
  page,
}) => {
  const { problems } = await openPage(page);
  await nav(page, "Many edits").click();
  await expect(page).toHaveURL(/\?w=batch/u);
  await page
    .getByRole("textbox", { name: "Requests" })
    .fill(
      "prompt,subject,target_new,target_true\nThe capital of {} is,Norway,Rome,Oslo\nThe capital of {} is,Chile,,Santiago\nThe capital of {} is,Peru,Cairo,Lima",
    );
  await expect(page.getByText("2 requests; 1 row is left out")).toBeVisible();
  await expect(page.locator("#requests")).toContainText("target_new");
  await choose(page, /^FT-L/u);
  await page.getByRole("button", { name: "Write 2 requests" }).click();
  await expect(page.getByRole("region", { name: "Request by request" }).getByRole("row")).toHaveCount(3, {
    timeout: PATIENCE,
  });
  expect(await axeFindings(page), "many edits").toEqual([]);
  const line = (await stateLine(page).textContent()) ?? "";
  expect(line).toMatch(/^base \+ \d edits?$/u);

  await nav(page, "Compare").click();
  await expect(page.getByRole("textbox", { name: "Requests" })).toHaveValue(/Norway/u);
  for (const name of ["ROME", "MEMIT"]) {
    await page.getByRole("checkbox", { name, exact: true }).click();
  }
  await page.getByRole("button", { name: "Compare 2 methods" }).click();
  await expect(page.getByText(/Of 2 requests, .*: the most of 2\. What it costs is not asked/u)).toBeVisible({
    timeout: PATIENCE,
  });
  const table = page.getByRole("region", { name: "The duel in numbers" });
  await expect(table.getByRole("row")).toHaveCount(4);
  await expect(table).toContainText("no weight");
  await expect(stateLine(page)).toHaveText(line);
  expect(await axeFindings(page), "compare").toEqual([]);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Drawing (SVG)" }).click();
  expect(readFileSync(await (await saved).path(), "utf8")).toMatch(/^<svg/u);

  // Another duel is stopped on its way; back and forward go between the workspaces.
  await page.getByRole("button", { name: "Compare 2 methods" }).click();
  await page.locator("#duel").getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Compare 2 methods" })).toBeEnabled();
  await expect(stateLine(page)).toHaveText(line);
  await page.goBack();
  await expect(page.locator("#batch")).toBeVisible();
  await page.goForward();
  await expect(page.locator("#duel")).toBeVisible();
  expect(problems).toEqual([]);
});

test("every workspace fits a phone and is reached by keys", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  await openPage(page, "?w=compare");
  await expect(page.locator("#duel")).toBeVisible();
  for (const name of ["Compare", "Many edits"]) {
    await nav(page, name).focus();
    await page.keyboard.press("Enter");
    await expect(nav(page, name)).toHaveAttribute("aria-current", "page");
    await expect(page.locator("#requests")).toBeVisible();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, name).toBeLessThanOrEqual(390);
    expect(await axeFindings(page), name).toEqual([]);
  }
});
