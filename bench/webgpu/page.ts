/**
 * Runs a function of a bench's page in headless Chromium on its software adapter (or, with PALIMPSEST_REAL_GPU=1, on
 * the machine's own GPU). The page is empty: Vite serves the bench's module into it.
 */
import { chromium } from "playwright";
import { createServer } from "vite";
import { findChromium } from "../../scripts/chromium.mjs";

const SOFTWARE = ["--use-webgpu-adapter=swiftshader"];
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
  ...(process.env.PALIMPSEST_REAL_GPU ? [] : SOFTWARE),
];

/** @param module a path from the repository's root; it exports `name`, which takes nothing and gives plain data */
export async function runInPage<Result>(module: string, name: string): Promise<Result> {
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
    return await page.evaluate(
      async ([address, exported]) => {
        const functions = (await import(/* @vite-ignore */ address)) as Record<string, () => Promise<Result>>;
        return functions[exported]!();
      },
      [`/${module}`, name] as const,
    );
  } finally {
    await browser.close();
    await server.close();
  }
}
