/** `npm start`: installs when needed, builds when stale, serves the lab, prints the address, opens a browser. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { buildWhenStale } from "./buildWhenStale.mjs";
import { serveFolder } from "./serve.mjs";
import { root, setUp } from "./setup.mjs";

const OPENERS = { darwin: "open", win32: "explorer", linux: "xdg-open" };

function hasScreen() {
  if (process.env.CI || process.argv.includes("--no-open")) return false;
  return process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

setUp();
buildWhenStale();
const { address } = await serveFolder(join(root, "dist/page"), Number(process.env.PORT ?? 4173));
console.log(
  `\nPalimpsest is open at ${address}\nNothing you do there leaves this machine. Stop it with Ctrl+C.`,
);
if (hasScreen()) {
  const opener = spawn(OPENERS[process.platform] ?? "xdg-open", [address], {
    stdio: "ignore",
    detached: true,
  });
  opener.on("error", () => undefined);
  opener.unref();
}
