/**
 * `node scripts/embedModel.mjs <model folder> <name>`: converts a model for public/models/<name>/. The work is done by
 * embedModel.ts with the product's own reader; this file only bundles it, because Node 20 does not run TypeScript.
 */
import { build } from "esbuild";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-"));
const outfile = join(folder, "embedModel.mjs");
try {
  await build({
    entryPoints: [join(import.meta.dirname, "embedModel.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
  });
  const { embedModel } = await import(pathToFileURL(outfile).href);
  const [source, name] = process.argv.slice(2);
  if (!source || !name) throw new Error("usage: node scripts/embedModel.mjs <model folder> <name>");
  await embedModel(source, join(import.meta.dirname, "../public/models", name), name);
} finally {
  rmSync(folder, { recursive: true });
}
