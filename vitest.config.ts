import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { findChromium } from "./scripts/chromium.mjs";

/** tfjs ships CommonJS for Node; the ES build must be inlined and be the only copy. */
const alias = {
  "@tensorflow/tfjs-core/dist/register_all_gradients": new URL(
    "node_modules/@tensorflow/tfjs-core/dist/register_all_gradients.js",
    import.meta.url,
  ).pathname,
};
const aliasExact = ["core", "backend-cpu", "backend-wasm", "backend-webgpu"].map((part) => ({
  find: new RegExp(`^@tensorflow/tfjs-${part}$`),
  replacement: new URL(`node_modules/@tensorflow/tfjs-${part}/dist/index.js`, import.meta.url).pathname,
}));
const resolve = {
  alias: [...aliasExact, ...Object.entries(alias).map(([find, replacement]) => ({ find, replacement }))],
};
const server = { deps: { inline: [/@tensorflow/] } };
/** Published runs that are too large for the repository, where they are (tests/sharedFixtures.ts). */
const servedFolders = [".", "../shared/fixtures"].map((folder) => new URL(folder, import.meta.url).pathname);

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "unit",
          include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.ts"],
          exclude: ["**/*.golden.test.ts", "**/*.gpu.test.ts"],
          environment: "node",
          server,
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: "golden",
          include: ["src/**/*.golden.test.ts"],
          environment: "node",
          server,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        server: { fs: { allow: servedFolders } },
        optimizeDeps: {
          include: [
            "@tensorflow/tfjs-core",
            "@tensorflow/tfjs-core/dist/register_all_gradients",
            "@tensorflow/tfjs-backend-cpu",
            "@tensorflow/tfjs-backend-wasm",
            "@tensorflow/tfjs-backend-webgpu",
            "@huggingface/jinja",
            "@huggingface/tokenizers",
          ],
        },
        test: {
          name: "gpu",
          include: ["src/**/*.gpu.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // One page for the suite: Chromium's GPU process tires of pages that open and close devices (platform.md 7.2).
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: findChromium() ?? "chromium",
                args: [
                  "--no-sandbox",
                  "--enable-unsafe-webgpu",
                  "--use-webgpu-adapter=swiftshader",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-sync",
                  "--no-first-run",
                ],
              },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
