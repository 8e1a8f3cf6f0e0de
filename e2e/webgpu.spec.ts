/** The page on WebGPU (SwiftShader): the whole road against WASM's numbers, and the device lost in the middle of it. */
import { expect, test, type Page } from "@playwright/test";
import {
  engineIsBack,
  loseDeviceDuring,
  nextWords,
  prolongEdit,
  setSamples,
  standing,
  startTrace,
  traceWith,
  weightHash,
} from "./faults";
import {
  changes,
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

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = [
      ...(launchOptions.args ?? []),
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
    ];
    await use({ ...launchOptions, args });
  },
});
test.setTimeout(600_000);

/** A software adapter is passed over unless the user insists. */
async function computeWith(page: Page, backend: "webgpu" | "wasm"): Promise<void> {
  await modelChip(page).click();
  await page.getByLabel("Compute with").selectOption(backend);
  await expect(modelChip(page)).toContainText(backend === "wasm" ? "WASM" : "WebGPU", { timeout: 180_000 });
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
}

/** Ask, trace, edit, undo, as a user does it; everything with a number in it is handed back. */
async function wholeRoad(page: Page) {
  await chooseExample(page, "Geography", "Norway");
  // The words of the question before stay until the model has been asked.
  await expect(page.locator("#ask ul li").first()).toContainText("Os", { timeout: PATIENCE });
  const words = await nextWords(page);
  const trace = await traceWith(page, 4);
  const base = await weightHash(page);
  await makeEdit(page);
  const edited = await nextWords(page);
  const probes = await changes(page).getByRole("row").allInnerTexts();
  await editPanel(page).getByRole("switch").press("Space");
  await expect(stateLine(page)).toHaveText("base model");
  expect(await weightHash(page)).toBe(base);
  const undone = await nextWords(page);
  expect(undone).toEqual(words);
  await editPanel(page)
    .getByRole("button", { name: /^More about/u })
    .click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(editPanel(page).getByText("None. These are the model’s own weights.")).toBeVisible();
  return { words, trace, base, edited, probes };
}

/** Numbers of a text in the order they stand, as probabilities. */
const numbersIn = (lines: readonly string[]): number[] =>
  lines.flatMap((line) => [...line.matchAll(/\d*\.\d+/gu)].map(([number]) => Number(number)));
const wordsIn = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/[\d.\s]+/gu, " "));

const largestDifference = (a: readonly number[], b: readonly number[]): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));
};

test("ask, trace, edit, undo on WebGPU gives WASM's numbers", async ({ page }) => {
  await openPage(page);
  await expect(
    page.getByRole("status").filter({ hasText: "only graphics adapter is software" }),
  ).toBeVisible();
  const wasm = await wholeRoad(page);
  await page.reload();
  await waitForModel(page);
  await computeWith(page, "webgpu");
  const webgpu = await wholeRoad(page);

  expect(webgpu.base).toBe(wasm.base);
  for (const map of ["scores", "spread"] as const) {
    expect(largestDifference(webgpu.trace[map].flat(), wasm.trace[map].flat())).toBeLessThan(1e-3);
  }
  expect(Math.abs(webgpu.trace.clean - wasm.trace.clean)).toBeLessThan(1e-3);
  expect(Math.abs(webgpu.trace.corrupted - wasm.trace.corrupted)).toBeLessThan(1e-3);
  for (const part of ["words", "edited", "probes"] as const) {
    expect(wordsIn(webgpu[part]), part).toEqual(wordsIn(wasm[part]));
    // Two decimals are shown; v* runs twenty steps of Adam on gradients that differ in the last bits.
    expect(largestDifference(numbersIn(webgpu[part]), numbersIn(wasm[part])), part).toBeLessThan(0.021);
  }
});

test("the device is lost in a trace, in an edit and in a load: each says so, and the edit is back bit for bit", async ({
  page,
}) => {
  await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const onWasm = await standing(page);

  // In a load: tried again in a new worker, with the edit on top.
  await loseDeviceDuring(page, 3);
  await computeWith(page, "webgpu");
  await expect(page.getByText("Done. The model is loaded and your edits are back.")).toBeVisible();
  await expect(stateLine(page)).toHaveText("base + 1 edit");
  expect(await weightHash(page)).toBe(onWasm.hash);
  const before = await standing(page);

  await setSamples(page, 3);
  await loseDeviceDuring(page, 2);
  await startTrace(page);
  await expect(page.locator("#where").getByRole("alert")).toContainText("graphics device was lost");
  await engineIsBack(page);
  expect(await standing(page)).toEqual(before);
  const afterTheFault = await traceWith(page, 3);

  await openExample(page, "Geography", "United Kingdom");
  await prolongEdit(page);
  await loseDeviceDuring(page, 2);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await expect(editPanel(page).getByRole("alert")).toContainText("graphics device was lost", {
    timeout: PATIENCE,
  });
  await engineIsBack(page);
  await expect(stateLine(page)).toHaveText("base + 1 edit");
  expect(await weightHash(page)).toBe(onWasm.hash);

  // An undisturbed run of the trace.
  await page.reload();
  await waitForModel(page);
  await computeWith(page, "webgpu");
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  await page.getByLabel("Prompt", { exact: true }).fill("The capital of Norway is");
  await expect.poll(() => nextWords(page), { timeout: PATIENCE }).toEqual(before.words);
  expect(await traceWith(page, 3)).toEqual(afterTheFault);
});
