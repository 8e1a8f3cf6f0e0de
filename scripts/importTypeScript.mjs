/** Bundles a TypeScript file of this folder and imports it: Node 20 does not run TypeScript by itself. */
import { build } from "esbuild";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./setup.mjs";

/** @returns the module's exports */
export async function importTypeScript(file) {
  // Inside the checkout, which the lab in Node looks for upwards from where its code lies.
  const cache = join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "script-"));
  const outfile = join(folder, "bundle.mjs");
  try {
    await build({
      entryPoints: [join(import.meta.dirname, file)],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      mainFields: ["module", "main"],
      external: ["webgpu"],
      // tfjs's CommonJS dependencies ask for require, which an ES module does not have.
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
      logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
