/** Makes sure that there is a Chromium for the tests: the system's, else Playwright's, else Debian's package. */
import { findChromium } from "./chromium.mjs";
import { must, run } from "./setup.mjs";

export function provisionChromium() {
  if (findChromium()) return findChromium();
  console.log("No Chromium or Chrome found; trying Playwright's download …");
  run("npx", ["playwright", "install", "chromium"], { timeout: 300_000 });
  if (findChromium()) return findChromium();
  console.log("Playwright's download failed; trying apt-get …");
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "chromium"]);
  must(findChromium() ? 0 : 1, "The tests need Chromium or Chrome; install one or set CHROMIUM_PATH.");
  return findChromium();
}
