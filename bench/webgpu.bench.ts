/**
 * Our WGSL linear kernels against tfjs's matMul in headless Chromium on its software adapter (or, with
 * PALIMPSEST_REAL_GPU=1, on the machine's own GPU). The page is empty: Vite serves bench/webgpu/contests.ts into it.
 */
import { chromium } from "playwright";
import { createServer } from "vite";
import { findChromium } from "../scripts/chromium.mjs";
import type { Outcome, runContests } from "./webgpu/contests";
import { writeResult } from "./writeResult";

const SOFTWARE = ["--use-webgpu-adapter=swiftshader"];
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
  ...(process.env.PALIMPSEST_REAL_GPU ? [] : SOFTWARE),
];

const server = await createServer({
  configFile: false,
  root: process.cwd(),
  logLevel: "error",
  server: { port: 0, host: "127.0.0.1", hmr: false },
  appType: "custom",
  optimizeDeps: {
    include: [
      "@tensorflow/tfjs-core",
      "@tensorflow/tfjs-core/dist/register_all_gradients",
      "@tensorflow/tfjs-backend-webgpu",
    ],
  },
});
server.middlewares.use("/empty", (_request, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end("<!doctype html><title>bench</title>");
});
await server.listen();
const browser = await chromium.launch({ executablePath: findChromium() ?? "chromium", args: FLAGS });
try {
  const page = await browser.newPage();
  await page.goto(`${server.resolvedUrls?.local[0]}empty`);
  const { adapter, outcomes } = await page.evaluate(
    async (): Promise<{ adapter: string; outcomes: Outcome[] }> => {
      const address = "/bench/webgpu/contests.ts";
      const contests = (await import(/* @vite-ignore */ address)) as { runContests: typeof runContests };
      return contests.runContests();
    },
  );
  console.log(adapter);
  console.table(outcomes);
  writeResult("webgpu", { adapter, outcomes });
} finally {
  await browser.close();
  await server.close();
}
