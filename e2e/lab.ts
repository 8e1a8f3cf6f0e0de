/** What the journeys share: opening the page, waiting for the model, running a trace and an edit as a user would. */
import { expect, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";

const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

/** A model on one core of a busy machine may take this long to load, trace or edit, in milliseconds. */
export const PATIENCE = 90_000;

export const modelChip = (page: Page) => page.locator("header button[aria-haspopup=dialog]").first();
export const stateLine = (page: Page) => page.locator("header [role=status]").last();
export const heatmap = (page: Page) => page.getByRole("grid");
export const changes = (page: Page) => page.locator("#changed");
export const editPanel = (page: Page) => page.locator("#edit");

/** Opens the page and waits until the embedded model answers. Collects what a user would call broken. */
export async function openPage(page: Page, hash = ""): Promise<{ problems: string[]; foreign: string[] }> {
  const problems: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") foreign.push(request.url());
  });
  await page.goto(`/${hash}`);
  await waitForModel(page);
  return { problems, foreign };
}

export async function waitForModel(page: Page): Promise<void> {
  await expect(modelChip(page)).toContainText(/WASM|WebGPU/u, { timeout: PATIENCE });
  await expect(stateLine(page)).toContainText("base");
}

/** Chooses an example by its subject; on the model as it came a stored result of its trace is shown. */
export async function chooseExample(page: Page, category: string, subject: string): Promise<void> {
  await page
    .getByRole("radiogroup", { name: "Kind of example" })
    .getByText(category, { exact: true })
    .click();
  await page.getByRole("button", { name: subject, exact: true }).click();
  await expect(heatmap(page)).toHaveAttribute("aria-busy", "false", { timeout: PATIENCE });
}

/** Chooses an example, and traces it where a stored result is shown first. */
export async function openExample(page: Page, category: string, subject: string): Promise<void> {
  await chooseExample(page, category, subject);
  const live = page.getByRole("button", { name: "Run it live" });
  if (await live.isVisible()) await live.click();
  await traceIsDone(page);
}

export async function traceIsDone(page: Page, patience = PATIENCE): Promise<void> {
  await expect(heatmap(page)).toHaveAttribute("aria-busy", "false", { timeout: patience });
  await expect(page.locator("#where").getByText("stored result")).toBeHidden();
  await expect(page.getByRole("button", { name: "Export", exact: true })).toBeEnabled({ timeout: PATIENCE });
}

export async function makeEdit(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await expect(stateLine(page)).toHaveText(/base \+ \d+ edits?/u, { timeout: PATIENCE });
}

/** Every violation that axe finds, as `rule: element`. The script is evaluated, since the page's policy bans inline code. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}
