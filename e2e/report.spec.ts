/** The self-test as a user sees it: opened by keys, every check listed, saved for a bug report. */
import { expect, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { threadsFor } from "../src/gpu/wasm/wasmFiles";
import { axeFindings, openPage, PATIENCE } from "./lab";

test("the self-test reports adapter, limits and checks, and can be saved", async ({ page }) => {
  await openPage(page);
  await page.getByRole("button", { name: "Self-test of this device" }).focus();
  await page.keyboard.press("Enter");
  const sheet = page.getByRole("dialog", { name: "Does this device compute rightly?" });
  await expect(sheet).toContainText(/All \d+ computations on \w+ agree/u, { timeout: PATIENCE });
  await expect(sheet.getByRole("row")).not.toHaveCount(0);
  expect(await axeFindings(page)).toEqual([]);

  const [file] = await Promise.all([
    page.waitForEvent("download"),
    sheet.getByRole("button", { name: "Save as JSON" }).click(),
  ]);
  const saved = JSON.parse(readFileSync(await file.path(), "utf8")) as Record<string, unknown>;
  expect(saved).toMatchObject({
    product: "Palimpsest",
    passed: true,
    float64: "WebAssembly with SIMD",
    limits: expect.anything() as object,
  });
  expect((saved["checks"] as unknown[]).length).toBeGreaterThan(20);
  // Served as `npm start` serves it, the page may share memory, and the engine takes the cores it finds.
  const cores = await page.evaluate(() =>
    globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 0,
  );
  expect(cores).toBeGreaterThan(0);
  expect(saved["adapter"]).toContain(cores === 1 ? "one thread" : `${threadsFor(cores)} threads`);
  await page.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
});
