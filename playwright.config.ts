import { defineConfig } from "@playwright/test";
import { findChromium } from "./scripts/chromium.mjs";

const PORT = 4317;
const executablePath = findChromium();

/** Journeys of a user on the built page, served as `npm start` serves it. */
export default defineConfig({
  testDir: "e2e",
  timeout: 180_000,
  expect: { timeout: 30_000 },
  workers: 1,
  // A busy machine can spoil a journey's timing; what passes only the second time is named at the end (scripts/test.mjs).
  retries: 1,
  forbidOnly: true,
  outputDir: "test-results/e2e",
  use: {
    baseURL: `http://127.0.0.1:${PORT}`,
    viewport: { width: 1440, height: 900 },
    // Requests that a service worker answers cannot be watched or changed; e2e/offline.spec.ts is about that worker.
    serviceWorkers: "block",
    actionTimeout: 20_000,
    trace: "retain-on-failure",
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
      ],
    },
  },
  webServer: {
    command: "node scripts/serve.mjs",
    env: { PORT: String(PORT) },
    url: `http://127.0.0.1:${PORT}/index.html`,
    reuseExistingServer: false,
    timeout: 30_000,
  },
});
