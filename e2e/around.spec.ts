/** Edits around the model in the page, one of them found by the sentence encoder; and edits on their way to other programs. */
import { expect, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { serveEncoder } from "./encoderHub";
import { axeFindings, editPanel, openPage, PATIENCE, stateLine } from "./lab";

test("SERAC by the sentence encoder recites, says so, and is no adapter; the whole stack leaves as JSON", async ({
  page,
  context,
}) => {
  const asked = await serveEncoder(context);
  const { problems } = await openPage(page);
  await page.getByRole("button", { name: /· Method$/u }).click();
  const list = page.getByRole("dialog", { name: "Method" });
  await expect(list.getByRole("region", { name: /^Around the model/u })).toContainText("IKE");
  await list.getByRole("button", { name: /^SERAC/u }).click();
  await page.getByRole("button", { name: "Settings of the edit" }).click();
  await page.getByRole("combobox", { name: "Encoder" }).selectOption("sentence");
  await page.keyboard.press("Escape");
  await editPanel(page).getByRole("button", { name: "Edit", exact: true }).click();
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  expect(asked).toContain("onnx/model_quantized.onnx");

  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await expect(page.getByText("recited in the model’s place")).toBeVisible({ timeout: PATIENCE });

  const stack = page.getByRole("button", { name: "Export…" });
  await stack.click();
  await page.getByRole("menuitem", { name: /^LoRA adapter/u }).click();
  await expect(page.getByRole("alert")).toContainText("(SERAC) changes no weight");
  expect(await axeFindings(page), "refused export").toEqual([]);
  await stack.click();
  const saved = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: /JSON$/u }).click();
  const json = JSON.parse(readFileSync(await (await saved).path(), "utf8")) as { format: string };
  expect(json.format).toBe("palimpsest-edits");
  await expect(page.getByText("no number differs by more than 0")).toBeVisible();
  expect(problems).toEqual([]);
});
