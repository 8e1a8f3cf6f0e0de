/** The main job: trace a fact, see the heatmap fill, edit it, compare, switch off and on, save, reload, open again. */
import { expect, test } from "@playwright/test";
import {
  changes,
  editPanel,
  heatmap,
  makeEdit,
  modelChip,
  openExample,
  openPage,
  PATIENCE,
  stateLine,
  waitForModel,
} from "./lab";

const nextWord = "#ask ul li";

test("trace a fact, edit it, look, undo, save, reload and open again", async ({ page }, info) => {
  const { problems, foreign } = await openPage(page);
  await expect(stateLine(page)).toHaveText("base model");

  await openExample(page, "Geography", "United Kingdom");
  await expect(page.locator("#trace-sentence")).toContainText(
    /Restoring layer \d at the end of Kingdom|at Kingdom/u,
  );
  await expect(page.locator("#trace-sentence")).toContainText("London");
  await expect(page.locator(nextWord).first()).toContainText("London");

  await makeEdit(page);
  await expect(page.locator(nextWord).first()).toContainText("Madrid", { timeout: PATIENCE });
  await expect(page.locator(nextWord).first()).toContainText("→");
  const rewrite = changes(page).getByRole("row", { name: /^rewrite/u });
  await expect(rewrite.locator("del")).toHaveText("London");
  await expect(rewrite.locator("ins")).toHaveText("Madrid");
  await expect(changes(page).getByText(/Neighbours \d\/5/u)).toBeVisible();
  await expect(editPanel(page).locator("figure svg").first()).toBeVisible({ timeout: PATIENCE });

  // Off gives the model's own weights back, on the edited ones: the hashes say so.
  const hash = editPanel(page).getByTitle("Hash of the weights in use");
  const edited = await hash.innerText();
  const toggle = editPanel(page).getByRole("switch");
  await toggle.press("Space");
  await expect(stateLine(page)).toHaveText("base model");
  await expect(page.locator(nextWord).first()).toContainText("London", { timeout: PATIENCE });
  expect(await hash.innerText()).not.toBe(edited);
  await toggle.press("Space");
  await expect(stateLine(page)).toHaveText("base + 1 edit");
  await expect(hash).toHaveText(edited);

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/\.palimpsest$/u);
  const path = info.outputPath("edit.palimpsest");
  await file.saveAs(path);

  // The journal brings the edit back by itself…
  await page.reload();
  await waitForModel(page);
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  await expect(hash).toHaveText(edited);

  // …and without it the file does.
  await editPanel(page)
    .getByRole("button", { name: /^More about/u })
    .click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(stateLine(page)).toHaveText("base model");
  await page.getByLabel("Open an edit file").setInputFiles(path);
  await expect(stateLine(page)).toHaveText("base + 1 edit");
  await expect(hash).toHaveText(edited);

  expect(problems).toEqual([]);
  expect(foreign).toEqual([]);
});

test("the other views, the difference after an edit, and the files of a heatmap", async ({ page }) => {
  await openPage(page);
  await openExample(page, "Geography", "Norway");
  for (const view of ["MLP", "Attention", "Severed"]) {
    await page.getByText(view, { exact: true }).click();
    await expect(page.getByRole("button", { name: "Export", exact: true })).toBeEnabled({
      timeout: PATIENCE,
    });
    await expect(heatmap(page)).toBeVisible();
  }
  await makeEdit(page);
  await page.getByText("Δ after edit").click();
  await expect(page.locator("#trace-sentence")).toContainText("Since the edit", { timeout: PATIENCE });
  await expect(page.locator("#trace-sentence")).toContainText("Vienna");

  for (const [item, ending] of [
    ["Table (CSV)", "csv"],
    ["Drawing (SVG)", "svg"],
    ["Picture (PNG)", "png"],
    ["Everything (JSON)", "json"],
  ] as const) {
    await page.getByRole("button", { name: "Export", exact: true }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: item }).click();
    expect((await download).suggestedFilename()).toMatch(new RegExp(`\\.${ending}$`, "u"));
  }
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await expect(page.getByRole("region", { name: "Heatmap as a table" })).toBeVisible();
});

test("first paint shows a stored result before any model is there", async ({ page }) => {
  await page.route("**/models/**", (route) => route.abort());
  await page.goto("/");
  await expect(page.getByText("stored result").first()).toBeVisible();
  await expect(heatmap(page).getByRole("gridcell").first()).toBeVisible();
  await expect(changes(page).getByRole("row", { name: /^rewrite/u })).toBeVisible();
  // And what went wrong with the model is said in words.
  await expect(page.getByRole("alert").first()).toBeVisible({ timeout: PATIENCE });
  await expect(modelChip(page)).toContainText("Choose a model");
});

test("writing on, streamed, and stopped", async ({ page }) => {
  await openPage(page);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  const text = page.locator("#ask [aria-live=polite]");
  await expect(text).toContainText("The capital of United Kingdom is London", { timeout: PATIENCE });
});

test("a link brings the question back", async ({ page }) => {
  await openPage(
    page,
    "#prompt=The+capital+of+Greece+is&start=15&end=21&target=Oslo&seed=3&model=embedded:x",
  );
  await expect(page.getByLabel("Prompt", { exact: true })).toHaveValue("The capital of Greece is");
  await expect(page.getByLabel("Subject", { exact: true })).toHaveValue("Greece");
  await expect(page.getByLabel("New answer")).toHaveValue("Oslo");
  await expect(page.locator(nextWord).first()).toContainText("At", { timeout: PATIENCE });
});
