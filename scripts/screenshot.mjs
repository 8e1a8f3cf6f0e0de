/**
 * Draws docs/page.png for the README from the running lab: the built page, a traced fact, an edit, what changed.
 * Needs `npm run build` first.
 */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright";
import { findChromium } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

const root = join(import.meta.dirname, "..");
const file = join(root, "docs/page.png");
const MOST_BYTES = 300_000;
const PATIENCE = 120_000;

const { server, address } = await serveFolder(join(root, "dist/page"), 4390);
const executablePath = findChromium();
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    reducedMotion: "reduce",
  });
  page.setDefaultTimeout(PATIENCE);
  await page.goto(address);
  await page.locator("header button[aria-haspopup=dialog]", { hasText: /WASM|WebGPU/u }).waitFor();
  await page.getByRole("button", { name: "United Kingdom", exact: true }).click();
  await page.locator("#trace-sentence", { hasText: "London" }).waitFor();
  await page.locator('[role=grid][aria-busy="false"]').waitFor();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByText("base + 1 edit").waitFor();
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await page.locator("#ask ins").first().waitFor();
  await page.locator("#edit figure svg").first().waitFor();
  for (const button of await page.getByRole("button", { name: "Put away" }).all()) await button.click();
  await page.mouse.move(720, 560);
  mkdirSync(join(root, "docs"), { recursive: true });
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  server.close();
}
const { size } = statSync(file);
if (size > MOST_BYTES) throw new Error(`docs/page.png has ${size} bytes; at most ${MOST_BYTES} are wanted.`);
console.log(`docs/page.png, ${Math.round(size / 1000)} kB`);
