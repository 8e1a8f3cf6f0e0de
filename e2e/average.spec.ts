/** The average of many traces: chosen, filled in as it goes, stopped, exported, reachable by keys. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { axeFindings, heatmap, openPage, PATIENCE } from "./lab";

test("many prompts are averaged, with bands, sentence and files", async ({ page }, info) => {
  const { problems } = await openPage(page);
  const panel = page.locator("#where");
  await panel.getByText("Average", { exact: true }).click();
  const run = panel.getByRole("button", { name: /^Average/u });
  const most = panel.getByLabel("Facts at most");
  await most.fill("3");
  await most.press("Enter");
  await run.click();
  await expect(panel.getByRole("button", { name: "Average again" })).toBeEnabled({ timeout: PATIENCE });
  await expect(panel).toContainText(/Over 3 examples, noise on the subject takes the answer from 0\.\d\d/u);
  await expect(panel).toContainText(/Restored MLPs bring back most around layer \d at the subject’s/u);

  // One row a role, each cell with its band; keys walk the cells.
  const row = heatmap(page).getByRole("row", { name: /^Last subject token/u });
  await expect(row.getByRole("gridcell")).toHaveCount(8);
  const cell = heatmap(page).locator("[aria-selected=true]");
  await expect(cell).toHaveAccessibleName(/, layer \d: \.\d\d ± \.\d\d$/u);
  await cell.focus();
  await page.keyboard.press("Home");
  await expect(heatmap(page).locator(":focus")).toHaveAccessibleName(/, layer 0: /u);
  expect(await axeFindings(page)).toEqual([]);
  await panel.getByText("By layer", { exact: true }).click();
  await expect(panel.locator("polygon")).toHaveCount(3);

  const download = page.waitForEvent("download");
  await panel.getByRole("button", { name: "Table (CSV)" }).click();
  const path = info.outputPath("average.csv");
  await (await download).saveAs(path);
  const lines = (await readFile(path, "utf8")).trim().split("\r\n");
  expect(lines[0]).toBe("kind,role,layer,effect,low95,high95,score,observations");
  expect(lines.some((line) => line.startsWith("mlp,lastSubject,2,"))).toBe(true);

  // What was averaged stays when the job is stopped; so many facts that no machine is done before the click.
  await panel.getByLabel("Average over").selectOption("own");
  await most.fill("500");
  await most.press("Enter");
  await run.click();
  await expect(panel).toContainText(/Over \d+ known facts/u, { timeout: PATIENCE });
  await panel.getByRole("button", { name: "Cancel" }).click();
  await expect(run).toBeEnabled();
  await expect(panel).toContainText(/Over [1-4]?\d?\d known facts/u);
  expect(problems).toEqual([]);
});
