/** Why editing fails: facts compared, a pair tried, the damage meter; and a sequence paused, reloaded, gone back in. */
import { expect, test, type Page } from "@playwright/test";
import { axeFindings, editPanel, makeEdit, openPage, PATIENCE, stateLine, waitForModel } from "./lab";

const overflows = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

/** In light and dark, wide and on a phone. */
async function lookAround(page: Page, what: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
    expect(await axeFindings(page), `${what}, ${colorScheme}`).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  // Charts take their width from the panel a moment later.
  await expect.poll(() => overflows(page), { message: `${what} at 390 px` }).toBe(false);
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Parts of the page that cannot be fetched say so, keep the rest going, and come when they are asked for again. */
async function partsThatDoNotCome(page: Page): Promise<void> {
  const parts = /\/(LifelongWorkspace|Help)-[^/]*\.js$/u;
  await page.route(parts, (route) => route.abort());
  await page.getByRole("navigation").getByText("Lifelong").click();
  const note = page.getByRole("main").getByRole("alert");
  await expect(note).toContainText("The workspace Lifelong could not be fetched.");
  await page.getByRole("button", { name: "Help and shortcuts" }).click();
  await expect(page.getByText("The help could not be fetched.")).toBeVisible();
  await expect(stateLine(page)).toHaveText("base model");

  await page.unroute(parts);
  await page.getByRole("main").getByRole("button", { name: "Try again" }).click();
  await expect(page.locator("#plan")).toBeVisible();
  await page.getByRole("button", { name: "Help and shortcuts" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
}

test("facts compared, walked through by keys, a pair tried, and the damage told", async ({ page }) => {
  const { problems } = await openPage(page, "?w=superposition");
  await page.getByRole("button", { name: "Your own…" }).click();
  await page
    .getByRole("textbox", { name: /One fact per line/u })
    .fill(
      [
        "The capital of {Norway} is = Oslo",
        "The capital of {Sweden} is = Stockholm",
        "no subject here",
        "The capital of {Peru} is = Lima",
        "The capital of {Peru} is = Lima",
        "The capital of {Japan} is = Tokyo",
      ].join("\n"),
    );
  await page.getByRole("button", { name: "Use these" }).click();
  await expect(page.locator("#facts")).toContainText("5 pasted facts");
  await expect(page.getByRole("list", { name: "Rows that could not be read" })).toContainText("row 3");

  await page.getByRole("button", { name: "Compare them" }).click();
  await expect(page.locator("#atlas-sentence")).toContainText(/of 20 ordered pairs of 5 facts/u, {
    timeout: PATIENCE,
  });
  await expect(page.locator("#atlas")).toContainText("1 shares a key with an earlier one");
  await expect(page.locator("#distribution-sentence")).toContainText("kurtosis");
  await expect(page.locator("#kurtosis-sentence")).toContainText("layer");
  await expect(page.locator("#sizes-sentence")).toContainText("Load another model");
  await expect(page.locator("#constructed-sentence")).toContainText("nothing is lost", { timeout: PATIENCE });

  const map = page.getByRole("application");
  await map.focus();
  await map.press("Home");
  await map.press("ArrowDown");
  await expect(page.locator("#atlas-cell")).toContainText(/Editing .+ puts [+−]\d\.\d\d of its change on/u);
  await map.press("Enter");
  await expect(page.getByRole("button", { name: "Edit one and see the other change" })).toBeVisible();

  await page.getByRole("slider", { name: /layer/u }).first().focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("#atlas-sentence")).toContainText("Layer 3");

  await page.getByRole("region", { name: "Strongest pairs" }).getByRole("button").first().click();
  await page.getByLabel(/New answer for/u).fill("Vienna");
  await page.getByRole("button", { name: "Edit one and see the other change" }).click();
  await expect(page.locator("#pair-outcome")).toContainText(/p\(.*Vienna.*\) went from .* to/u, {
    timeout: PATIENCE,
  });
  await expect(stateLine(page)).toHaveText("base + 1 edit");

  const meter = page.getByRole("button", { name: /^Damage: (sound|worn|broken)/u });
  await expect(meter).toBeVisible({ timeout: PATIENCE });
  await meter.click();
  await expect(page.getByRole("dialog", { name: "Damage" })).toContainText(/perplexity.*amber above/su);
  expect(await axeFindings(page), "meter").toEqual([]);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Measure the newest edit" }).click();
  await expect(page.locator("#agreement-sentence")).toContainText(/agree to \de−\d/u, { timeout: PATIENCE });
  await lookAround(page, "superposition");

  await page.getByRole("button", { name: "Take this edit off again" }).click();
  await expect(stateLine(page)).toHaveText("base model");
  await expect(meter).toBeHidden();
  expect(problems).toEqual([]);
});

test("a sequence of edits pauses, survives a reload, goes on, and comes back bit for bit; own edits are put back", async ({
  page,
}) => {
  const { problems } = await openPage(page);
  await partsThatDoNotCome(page);
  problems.length = 0;
  // An edit of the user's own, which makes way for the sequence and outlives the reload below.
  const workspaces = page.getByRole("navigation");
  await workspaces.getByText("Trace & edit").click();
  await makeEdit(page);
  const own = await editPanel(page).getByRole("switch").getAttribute("aria-label");
  await workspaces.getByText("Lifelong").click();
  await page.getByLabel("Facts", { exact: true }).selectOption("20");
  await page.getByLabel("Measure after every").selectOption("1");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const sentence = page.locator("#curves-sentence");
  await expect(sentence).toContainText(/after 2 of 20 edits/u, { timeout: 2 * PATIENCE });
  await page.getByRole("button", { name: "Pause" }).click();
  const goOn = page.getByRole("button", { name: /^Go on from \d+$/u });
  await expect(goOn).toBeVisible();

  await page.reload();
  await waitForModel(page);
  await expect(sentence).toContainText(/after \d of 20 edits/u);
  const done = Number(/\d+/u.exec(await goOn.innerText())?.[0]);
  await goOn.click();
  await expect(sentence).toContainText(`after ${done + 1} of 20 edits`, { timeout: PATIENCE });
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(goOn).toBeVisible();

  const slider = page.getByRole("slider", { name: /go back to/u });
  await slider.focus();
  await slider.press("ArrowLeft");
  await expect(page.getByText(/bit for bit/u)).toBeVisible({ timeout: PATIENCE });
  await expect(stateLine(page)).toHaveText(/base \+ \d edits?/u);
  await expect(page.locator("#accumulated-sentence")).toContainText("as measured");
  await lookAround(page, "lifelong");

  await page.getByRole("button", { name: "Put my own edits back" }).click();
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  await expect(page.getByRole("button", { name: "Put my own edits back" })).toBeHidden();
  await workspaces.getByText("Trace & edit").click();
  await expect(editPanel(page).getByRole("switch")).toHaveAttribute("aria-label", own ?? "");
  expect(problems).toEqual([]);
});
