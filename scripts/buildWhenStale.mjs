/** Builds the page and the command line unless what stands in dist/ is newer than every source. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { must, root, run } from "./setup.mjs";

const SOURCES = ["src", "public", "scripts", "index.html", "vite.config.ts", "package-lock.json"];
const OUTPUTS = ["dist/page/index.html", "dist/cli/palimpsest.mjs"];

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}

export function buildWhenStale() {
  const sources = Math.max(...SOURCES.map((name) => newest(join(root, name))));
  const fresh = OUTPUTS.every(
    (name) => existsSync(join(root, name)) && statSync(join(root, name)).mtimeMs > sources,
  );
  if (fresh) return;
  console.log("Building …");
  must(run("npm", ["run", "--silent", "build"]), "The build failed; the messages above say where.");
}
