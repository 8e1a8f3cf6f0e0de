/** After the first visit, without a network: reload, trace, edit. And a new version: told of, never mixed with the old. */
import { expect, test, type Page } from "@playwright/test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveFolder } from "../scripts/serve.mjs";
import { makeEdit, openPage, PATIENCE, stateLine, traceIsDone, waitForModel } from "./lab";

test.use({ serviceWorkers: "allow" });

/** A worker takes the page over only when it has fetched all of it. */
const canGoOffline = (page: Page) =>
  page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: PATIENCE });

test("the page works with the network cut", async ({ page, context }) => {
  const { problems } = await openPage(page);
  await canGoOffline(page);
  await context.setOffline(true);
  await page.reload();
  await waitForModel(page);
  const prompt = page.getByLabel("Prompt", { exact: true });
  await prompt.fill("The capital of Greece is");
  await prompt.press("Control+Enter");
  await traceIsDone(page);
  await expect(page.locator("#trace-sentence")).toContainText("Greece");
  await page.getByLabel("New answer").fill("Oslo");
  await makeEdit(page);
  await expect(page.locator("#edit figure svg").first()).toBeVisible({ timeout: PATIENCE });
  // What is fetched when first opened was kept too.
  await page.getByRole("button", { name: "Self-test of this device" }).click();
  await expect(page.getByText(/agree with their slow twins/u)).toBeVisible({ timeout: PATIENCE });
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(stateLine(page)).toHaveText("base + 1 edit", { timeout: PATIENCE });
  await expect(page.locator("#changed")).toContainText("Rewrite 1/1");
  expect(problems.filter((problem) => !problem.includes("ERR_INTERNET_DISCONNECTED"))).toEqual([]);
  const policy = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
  expect(policy).toContain("default-src 'none'");
});

/** Publishes another version into `folder`: a new title in index.html, and the list of files that says so. */
function publish(folder: string, title: string): void {
  const index = join(folder, "index.html");
  const worker = join(folder, "sw.js");
  const hashOf = (): string => createHash("sha256").update(readFileSync(index)).digest("hex");
  const before = hashOf();
  writeFileSync(index, readFileSync(index, "utf8").replace(/<title>.*<\/title>/u, `<title>${title}</title>`));
  const text = readFileSync(worker, "utf8").replace(before, hashOf());
  writeFileSync(worker, text.replace(/(version:\s*")[^"]+/u, `$1${title.toLowerCase()}`));
}

test("a new version is offered, and taken into use when the user says so", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "palimpsest-page-"));
  cpSync(process.env["PALIMPSEST_PAGE"] ?? "dist/page", folder, { recursive: true });
  expect(readdirSync(folder)).toContain("sw.js");
  const { server, address } = await serveFolder(folder, 4390);
  try {
    await page.goto(address);
    await canGoOffline(page);

    // Half published: the list of files is there, one of them is not yet. Nothing changes.
    const old = readFileSync(join(folder, "index.html"));
    publish(folder, "Second");
    const second = readFileSync(join(folder, "index.html"));
    writeFileSync(join(folder, "index.html"), old);
    await page.reload();
    await waitForModel(page);
    await expect(page.getByText("A new version of the page is ready.")).toBeHidden();

    writeFileSync(join(folder, "index.html"), second);
    await page.reload();
    await expect(page.getByText("A new version of the page is ready.")).toBeVisible({ timeout: PATIENCE });
    await expect(page).toHaveTitle("Palimpsest");
    await page.getByRole("button", { name: "Reload", exact: true }).click();
    await expect(page).toHaveTitle("Second", { timeout: PATIENCE });
    await waitForModel(page);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
