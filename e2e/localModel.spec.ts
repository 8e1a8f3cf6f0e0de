/** A real model from this machine: SmolLM2-135M-Instruct as a GGUF file, where it is available. */
import { expect, test } from "@playwright/test";
import { existsSync } from "node:fs";
import { setSamples, startTrace } from "./faults";
import { changes, editPanel, modelChip, openPage, stateLine, traceIsDone } from "./lab";

const FILE = process.env.PALIMPSEST_SMOLLM2 ?? ".cache/SmolLM2-135M-Instruct.Q4_1.gguf";

test("SmolLM2 is opened as a file and traced; a fact is edited, switched off and on, and there after a reload", async ({
  page,
}) => {
  test.skip(!existsSync(FILE), `${FILE} is not here; scripts/fetchRealModel.mjs fetches it`);
  test.setTimeout(1_200_000);
  const openSmolLM2 = async (): Promise<void> => {
    await modelChip(page).click();
    await page.getByLabel("A model file").setInputFiles(FILE);
    await expect(modelChip(page)).toContainText("SmolLM2", { timeout: 300_000 });
    await page.keyboard.press("Escape");
  };
  const nextWord = page.locator("#ask ul li").first();
  await openPage(page);
  await openSmolLM2();
  await page.getByLabel("Prompt", { exact: true }).fill("The capital of France is");
  await expect(nextWord).toContainText("Paris", { timeout: 120_000 });
  await setSamples(page, 3);
  await startTrace(page);
  await traceIsDone(page, 400_000);
  await expect(page.locator("#trace-sentence")).toContainText("Paris");

  await page.getByLabel("Subject", { exact: true }).fill("France");
  await page.getByLabel("Subject", { exact: true }).press("Enter");
  await page.getByLabel("New answer").fill("Rome");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: 900_000 });
  await expect(nextWord).toContainText("Rome", { timeout: 120_000 });
  const rewrite = changes(page).getByRole("row", { name: /^rewrite/u });
  await expect(rewrite.locator("ins")).toHaveText("Rome");

  const hash = editPanel(page).getByTitle("Hash of the weights in use");
  const edited = await hash.innerText();
  const toggle = editPanel(page).getByRole("switch");
  await toggle.press("Space");
  await expect(stateLine(page)).toHaveText("base model", { timeout: 120_000 });
  await expect(nextWord).toContainText("Paris", { timeout: 120_000 });
  await toggle.press("Space");
  await expect(hash).toHaveText(edited, { timeout: 120_000 });

  await page.reload();
  await expect(modelChip(page)).toContainText(/WASM|WebGPU/u, { timeout: 120_000 });
  await openSmolLM2();
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: 120_000 });
  await expect(hash).toHaveText(edited);
});

test("a file that is no model is refused in words, and the model before stays", async ({ page }) => {
  await openPage(page);
  await modelChip(page).click();
  await page.getByLabel("A model file").setInputFiles({
    name: "holiday.gguf",
    mimeType: "application/octet-stream",
    buffer: Buffer.from("this is not a model"),
  });
  await expect(page.getByRole("alert").first()).toContainText("holiday.gguf", { timeout: 60_000 });
  await expect(modelChip(page)).toContainText("palimpsest-facts", { timeout: 60_000 });
});
