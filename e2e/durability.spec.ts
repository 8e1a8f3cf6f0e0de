/** Nothing made is lost: a reload in the middle, full storage, no memory left, two tabs on one journal and one cache. */
import { expect, test, type Page } from "@playwright/test";
import {
  alerts,
  breakDuring,
  engineIsBack,
  limitStorage,
  prolongEdit,
  refuseMemory,
  rememberWorkers,
  setSamples,
  standing,
  startTrace,
  terminateWorker,
  traceWith,
  weightHash,
} from "./faults";
import { serveHub } from "./hub";
import {
  chooseExample,
  editPanel,
  makeEdit,
  modelChip,
  openExample,
  openPage,
  PATIENCE,
  stateLine,
  waitForModel,
} from "./lab";
import { widerModel } from "./widerModel";

test.use({ serviceWorkers: "block" });
test.beforeEach(({ context }) => rememberWorkers(context));

const FOLDER = "tests/fixtures/models/tiny-facts2-llama";
const UNKEPT = "Your edits could not be kept in this browser: its storage is full.";

async function secondEdit(page: Page): Promise<void> {
  await openExample(page, "Geography", "United Kingdom");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
}

test("a reload in the middle of an edit: the edits from before are back bit for bit", async ({ page }) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const before = await standing(page);
  await openExample(page, "Geography", "United Kingdom");
  await prolongEdit(page);
  await breakDuring(page, "edit", 2, "reload");
  const reloaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await reloaded;
  await waitForModel(page);
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  expect(await weightHash(page)).toBe(before.hash);
  await openExample(page, "Geography", "Norway");
  expect(await standing(page)).toEqual(before);
});

test("full storage: the edit stays, the page says it is not kept, and a dead worker does not take it along", async ({
  page,
}) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const first = await weightHash(page);
  await limitStorage(page, 1000);
  await secondEdit(page);
  await expect(stateLine(page)).toHaveText("base + 2 edits", { timeout: PATIENCE });
  await expect(alerts(page).filter({ hasText: UNKEPT })).toContainText("Save them to a file");
  const both = await standing(page);
  expect(both.hash).not.toBe(first);

  // What was torn off in the middle counts for nothing: a second tab gets the edit that was kept.
  const other = await page.context().newPage();
  await openPage(other);
  await expect(stateLine(other)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  expect(await weightHash(other)).toBe(first);
  await other.close();

  await terminateWorker(page);
  await engineIsBack(page);
  // What the journal has comes back first, then what only the page still knew.
  await expect(stateLine(page)).toHaveText("base + 2 edits", { timeout: PATIENCE });
  await expect.poll(() => standing(page), { timeout: PATIENCE }).toEqual(both);
  await expect(page.getByText("They are now: storage takes them again.")).toBeVisible();
  await page.reload();
  await waitForModel(page);
  await expect(stateLine(page)).toHaveText("base + 2 edits", { timeout: PATIENCE });
  await expect.poll(() => standing(page), { timeout: PATIENCE }).toEqual(both);
});

test("no memory left, in a job and in a load: both say so, and model and edit are back", async ({
  page,
}, info) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const before = await standing(page);
  const undisturbed = await traceWith(page, 5);

  await setSamples(page, 100);
  await refuseMemory(page);
  await startTrace(page);
  await expect(page.locator("#where").getByRole("alert")).toContainText("The WebAssembly memory is full");
  await engineIsBack(page);
  expect(await standing(page)).toEqual(before);

  await refuseMemory(page);
  await modelChip(page).click();
  await page.getByLabel("A model's folder").setInputFiles(widerModel(info.outputPath("wide")));
  const told = alerts(page).filter({ hasText: "The model before is back" });
  await expect(told).toContainText("The WebAssembly memory is full", { timeout: PATIENCE });
  await expect(modelChip(page)).toContainText("palimpsest-facts", { timeout: PATIENCE });
  await page.keyboard.press("Escape");
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  expect(await standing(page)).toEqual(before);
  await page.reload();
  await waitForModel(page);
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  expect(await traceWith(page, 5)).toEqual(undisturbed);
});

test("two tabs on one journal: each edits, both write at once, nothing is lost or torn", async ({
  context,
}) => {
  const [one, two] = [await context.newPage(), await context.newPage()];
  // Both at once, as a browser does that brings its tabs back.
  await Promise.all([openPage(one), openPage(two)]);
  await chooseExample(one, "Geography", "Norway");
  await makeEdit(one);
  const ofOne = await weightHash(one);
  await secondEdit(two);
  await expect(stateLine(two)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  await expect(two.getByText("1 edit from another tab")).toBeVisible();
  await expect(editPanel(two).getByRole("switch")).toHaveCount(2);
  const ofTwo = await weightHash(two);

  const toggles = [one, two].map((page) => editPanel(page).getByRole("switch").first());
  for (const line of ["base model", "base + 1 edit"]) {
    await Promise.all(toggles.map((toggle) => toggle.press("Space")));
    await expect(stateLine(one)).toHaveText(line, { timeout: PATIENCE });
    await expect(stateLine(two)).toHaveText(line, { timeout: PATIENCE });
  }
  await expect(editPanel(one).getByRole("switch")).toHaveCount(2);
  expect([await weightHash(one), await weightHash(two)]).toEqual([ofOne, ofTwo]);
  for (const page of [one, two]) await expect(alerts(page)).toHaveCount(0);

  await one.reload();
  await waitForModel(one);
  await expect(editPanel(one).getByRole("switch")).toHaveCount(2, { timeout: PATIENCE });
  await expect(stateLine(one)).toHaveText("base + 1 edit");
  expect([ofOne, ofTwo]).toContain(await weightHash(one));
});

test("storage that fills up while a model is fetched: it is loaded without being kept, and nothing half remains", async ({
  context,
  page,
}) => {
  const name = "someone/tiny-facts2-llama";
  const hub = await serveHub(context, name, FOLDER);
  const openHub = async (): Promise<void> => {
    await modelChip(page).click();
    await page.getByLabel("Model on the hub").fill(name);
    await page.getByRole("button", { name: "Look it up" }).click();
    await page.getByRole("button", { name: /^Download .* and load$/u }).click({ timeout: PATIENCE });
    // The name stands there during the download too; what it computes with comes at its end.
    await expect(modelChip(page)).toContainText(/tiny-facts2-llama.*(WASM|WebGPU)/su, { timeout: PATIENCE });
  };
  await openPage(page);
  await limitStorage(page, 2_000_000);
  await openHub();
  await expect(page.getByText("The browser's storage is full, so the model is not kept.")).toBeVisible();
  const unkept = await weightHash(page);
  await page.reload();
  await waitForModel(page);
  hub.asked.length = 0;
  // Not taken for kept: it is downloaded again, now into the cache, to the same weights.
  await openHub();
  expect(hub.asked).toContain("model.safetensors");
  expect(await weightHash(page)).toBe(unkept);
});

test("two tabs fetch one model of the hub at once: both have it, and the cache is whole", async ({
  context,
}) => {
  const name = "someone/tiny-facts2-llama";
  const hub = await serveHub(context, name, FOLDER, { slowly: 100 });
  const openHub = async (page: Page): Promise<string> => {
    await modelChip(page).click();
    await page.getByLabel("Model on the hub").fill(name);
    await page.getByRole("button", { name: "Look it up" }).click();
    await page.getByRole("button", { name: /^(Download .* and load|Load)$/u }).click({ timeout: PATIENCE });
    await expect(modelChip(page)).toContainText(name, { timeout: PATIENCE });
    return weightHash(page);
  };
  const tabs = [await context.newPage(), await context.newPage()];
  await Promise.all(tabs.map((page) => openPage(page)));
  const [first, second] = await Promise.all(tabs.map(openHub));
  expect(second).toBe(first);
  hub.asked.length = 0;
  hub.disconnect();
  const later = await context.newPage();
  await openPage(later);
  expect(await openHub(later)).toBe(first);
  expect(hub.asked.filter((path) => !path.startsWith("/api/"))).toEqual([]);
});
