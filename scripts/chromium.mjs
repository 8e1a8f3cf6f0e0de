/** Finds a Chromium to test with: the system's, Chrome, or Playwright's own download. No dependencies. */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const FIXED = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function playwrightDownloads() {
  const roots = [
    process.env.PLAYWRIGHT_BROWSERS_PATH,
    join(homedir(), ".cache/ms-playwright"),
    join(homedir(), "Library/Caches/ms-playwright"),
    join(homedir(), "AppData/Local/ms-playwright"),
  ].filter((root) => root && existsSync(root));
  return roots.flatMap((root) =>
    readdirSync(root)
      .filter((name) => name.startsWith("chromium-"))
      .flatMap((name) => [
        join(root, name, "chrome-linux/chrome"),
        join(root, name, "chrome-linux64/chrome"),
        join(root, name, "chrome-mac/Chromium.app/Contents/MacOS/Chromium"),
        join(root, name, "chrome-win/chrome.exe"),
      ]),
  );
}

/** @returns {string | undefined} path of an executable Chromium or Chrome */
export function findChromium() {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const candidates = [process.env.CHROMIUM_PATH, ...onPath, ...FIXED, ...playwrightDownloads()];
  return candidates.find((path) => path && isExecutable(path));
}
