/** How it looks and whom it lets in: axe on each view in light and dark, one screen, a phone, reduced motion. */
import { expect, test, type Page } from "@playwright/test";
import { axeFindings, makeEdit, openExample, openPage, PATIENCE } from "./lab";

const overflow = (page: Page): Promise<{ x: boolean; y: boolean }> =>
  page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    return { x: scrollWidth > innerWidth, y: scrollHeight > innerHeight };
  });

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any view, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await openPage(page);
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", scheme);
    expect(await axeFindings(page), "stored result").toEqual([]);
    await openExample(page, "Geography", "Norway");
    await makeEdit(page);
    await expect(page.locator("#edit figure svg").first()).toBeVisible({ timeout: PATIENCE });
    expect(await axeFindings(page), "after an edit").toEqual([]);
    await page.getByText("Δ after edit").click();
    await expect(page.locator("#trace-sentence")).toContainText("Since the edit", { timeout: PATIENCE });
    expect(await axeFindings(page), "difference").toEqual([]);
    await page.getByRole("button", { name: "Table", exact: true }).click();
    await page.getByText("Free text").click();
    expect(await axeFindings(page), "tables and free text").toEqual([]);
    for (const name of [
      /How it is traced/u,
      /How it writes/u,
      /Settings of the edit/u,
      /What the edit is tested on/u,
    ]) {
      await page.getByRole("button", { name }).click();
      await expect(page.getByRole("dialog", { name })).toBeVisible();
      expect(await axeFindings(page), String(name)).toEqual([]);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog", { name })).toBeHidden();
    }
    await page.locator("header button[aria-haspopup=dialog]").first().click();
    await expect(page.getByRole("dialog", { name: "Choose a model" })).toBeVisible();
    expect(await axeFindings(page), "models").toEqual([]);
  });
}

test("all of it on one screen of 1440 × 900", async ({ page }) => {
  await openPage(page);
  await openExample(page, "Geography", "United Kingdom");
  await makeEdit(page);
  expect(await overflow(page)).toEqual({ x: false, y: false });
  for (const id of ["ask", "where", "edit", "changed"]) {
    const box = await page.locator(`#${id}`).boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0), id).toBeLessThanOrEqual(900);
  }
});

test("a phone of 390 px reads it in the order of the work", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page);
  expect((await overflow(page)).x).toBe(false);
  const tops = await Promise.all(
    ["ask", "where", "edit", "changed"].map(
      async (id) => (await page.locator(`#${id}`).boundingBox())?.y ?? 0,
    ),
  );
  expect(tops).toEqual([...tops].sort((a, b) => a - b));
  expect(await axeFindings(page)).toEqual([]);
});

test("the choice of light or dark is kept", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  await page.getByRole("button", { name: "Switch to dark" }).click();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await expect(page.getByRole("button", { name: "Switch to light" })).toBeVisible();
});

test("hostile text is spelled out, never obeyed", async ({ page }) => {
  await openPage(page);
  await page
    .getByLabel("Prompt", { exact: true })
    .fill("The capital of \u202eNorway<img src=x onerror=alert(1)> is");
  await expect(page.locator("#edit").getByText("U+202E")).toBeVisible();
  await expect(page.locator("img")).toHaveCount(0);
});
