/** Where things come from: files dropped on the page, the hub and its cache, a pasted text. */
import { expect, test, type Page } from "@playwright/test";
import { resolve } from "node:path";
import { standing, weightHash } from "./faults";
import { serveHub } from "./hub";
import { changes, chooseExample, editPanel, makeEdit, modelChip, openPage, PATIENCE, stateLine } from "./lab";

// A request that a service worker answers does not come by the test's route.
test.use({ serviceWorkers: "block" });

const FOLDER = resolve("tests/fixtures/models/tiny-facts2-llama");
const GGUF = resolve("tests/fixtures/gguf/tiny-llama-q8_0.gguf");

/** Drags files or a folder of this machine over the page and lets go, as the browser's own input. */
async function drop(page: Page, paths: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 400, y: 400, data });
  }
  await expect(page.getByText("Drop a model (.gguf or its folder) or an edit file")).toBeVisible();
  await session.send("Input.dispatchDragEvent", { type: "drop", x: 400, y: 400, data });
  await expect(page.getByText("Drop a model (.gguf or its folder) or an edit file")).toBeHidden();
}

async function askOfNorway(page: Page): Promise<void> {
  await page.getByLabel("Prompt", { exact: true }).fill("The capital of Norway is");
  await expect(page.locator("#ask ul li").first()).toContainText("Oslo", { timeout: PATIENCE });
}

test("a model's folder, a model file and an edit file are dropped on the page", async ({ page }, info) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const edited = await standing(page);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const path = info.outputPath("norway.palimpsest");
  await (await download).saveAs(path);
  await editPanel(page)
    .getByRole("button", { name: /^More about/u })
    .click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(stateLine(page)).toHaveText("base model");

  await drop(page, [path]);
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  expect(await standing(page)).toEqual(edited);

  await drop(page, [FOLDER]);
  await expect(modelChip(page)).toContainText("tiny-facts2-llama", { timeout: PATIENCE });
  await expect(stateLine(page)).toHaveText("base model");
  await askOfNorway(page);

  await drop(page, [GGUF]);
  await expect(modelChip(page)).toContainText("tiny-llama-q8_0", { timeout: PATIENCE });

  // An edit of another model is refused, and nothing changes.
  await drop(page, [path]);
  await expect(editPanel(page).getByRole("alert")).toContainText("norway.palimpsest", { timeout: PATIENCE });
  await expect(stateLine(page)).toHaveText("base model");
});

test("a model of the hub is fetched by ranges once, and then kept for days without a network", async ({
  context,
  page,
}) => {
  const name = "someone/tiny-facts2-llama";
  const hub = await serveHub(context, name, FOLDER);
  const load = async (on: Page, button: RegExp): Promise<void> => {
    await openPage(on);
    await modelChip(on).click();
    await on.getByLabel("Model on the hub").fill(name);
    await on.getByRole("button", { name: "Look it up" }).click();
    await on.getByRole("button", { name: button }).click({ timeout: PATIENCE });
    await expect(modelChip(on)).toContainText(name, { timeout: PATIENCE });
  };
  await load(page, /^Download .* and load$/u);
  await askOfNorway(page);
  const fetched = await weightHash(page);
  const weights = hub.ranges.filter((_range, index) => hub.asked[index] === "model.safetensors");
  expect(weights.length).toBeGreaterThan(0);
  expect(weights.every((range) => /^bytes=\d+-\d+$/u.test(range))).toBe(true);
  await page.close();

  hub.disconnect();
  hub.asked.length = 0;
  const later = await context.newPage();
  await load(later, /^Load$/u);
  await askOfNorway(later);
  expect(await weightHash(later)).toBe(fetched);
  expect(hub.asked.filter((request) => !request.startsWith("/api/"))).toEqual([]);
});

test("second moments of a pasted text are computed, and the next edit is made with them", async ({
  page,
}) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const withOwnText = await weightHash(page);
  const rewrites = changes(page).getByRole("row", { name: /^rewrite/u });
  await expect(rewrites.locator("ins")).toHaveText("Vienna");
  await editPanel(page)
    .getByRole("button", { name: /^More about/u })
    .click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(stateLine(page)).toHaveText("base model");

  const settings = page.getByRole("button", { name: /Settings of the edit/u });
  await settings.click();
  const text = page.getByRole("textbox", { name: "Text for the second moments" });
  await text.fill(
    "The capital of Chile is Santiago.\nThe capital of Peru is Lima.\n\nOslo lies in Norway.\n",
  );
  await page.getByRole("button", { name: "Compute from 3 documents" }).click();
  await expect(page.getByText(/^Layer \d: \d+ tokens/u)).toBeVisible({ timeout: PATIENCE });
  const tokens = Number(/(\d+) tokens/u.exec(await page.getByText(/^Layer \d: /u).innerText())?.[1]);
  expect(tokens).toBeGreaterThan(15);
  expect(tokens).toBeLessThan(60);
  await text.press("Escape");
  await makeEdit(page);
  expect(await weightHash(page)).not.toBe(withOwnText);
  await expect(rewrites.locator("del")).toHaveText("Os");
});
