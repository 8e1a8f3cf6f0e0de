/**
 * The built page in Chromium on WASM: first paint, the embedded model ready, the first row and the whole of a trace.
 * Needs `npm run build`; times are the wall clock's, since that is what a user waits.
 */
import { join } from "node:path";
import { chromium } from "playwright";
import { findChromium } from "../scripts/chromium.mjs";
import { serveFolder } from "../scripts/serve.mjs";
import { writeResult } from "./writeResult";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
];

/** Milliseconds from a click on an example, run live in place of its stored result, to the first row of its trace and to the end, as the page itself sees them. */
function timeTrace(example: string): Promise<{ firstRow: number; whole: number }> {
  const button = [...document.querySelectorAll("button")].find((b) => b.textContent === example)!;
  return new Promise((resolve) => {
    const started = performance.now();
    let firstRow: number | undefined;
    let wasBusy = false;
    const look = (): void => {
      const now = performance.now() - started;
      const grid = document.querySelector("[role=grid]");
      const live = [...document.querySelectorAll("button")].find((b) => b.textContent === "Run it live");
      if (!wasBusy && live?.disabled === false) live.click();
      const busy = grid?.getAttribute("aria-busy") === "true";
      wasBusy ||= busy;
      const cells = grid?.querySelectorAll("[role=gridcell]:not([data-blank])").length ?? 0;
      if (wasBusy && firstRow === undefined && cells > 0) firstRow = now;
      if ((wasBusy && !busy) || now > 30_000) resolve({ firstRow: firstRow ?? now, whole: now });
      else requestAnimationFrame(look);
    };
    button.click();
    requestAnimationFrame(look);
  });
}

const { server, address } = await serveFolder(join(process.cwd(), "dist/page"), 4290);
const browser = await chromium.launch({ executablePath: findChromium() ?? "chromium", args: FLAGS });
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const opened = performance.now();
  await page.goto(address);
  await page
    .locator("header button[aria-haspopup=dialog]")
    .first()
    .getByText("WASM")
    .waitFor({ timeout: 60_000 });
  const modelReady = performance.now() - opened;
  const firstPaint = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  );
  const runs = [];
  for (const example of ["Norway", "United Kingdom", "Uluru"]) {
    await page.waitForTimeout(3000);
    runs.push(await page.evaluate(timeTrace, example));
  }
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
  const figures = {
    firstPaintMs: firstPaint,
    modelReadyMs: modelReady,
    traceFirstRowMs: median(runs.map(({ firstRow }) => firstRow)),
    traceWholeMs: median(runs.map(({ whole }) => whole)),
  };
  console.table(figures);
  writeResult("page", figures);
} finally {
  await browser.close();
  server.close();
}
