/** Bundles the command line for Node into dist/cli/palimpsest.mjs, with the WebAssembly files beside it. */
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

await build({
  entryPoints: [join(root, "src/cli/main.ts")],
  outfile: join(root, "dist/cli/palimpsest.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  mainFields: ["module", "main"],
  external: ["webgpu"],
  define: { __VERSION__: JSON.stringify(version) },
  // tfjs's CommonJS dependencies ask for require, which an ES module does not have.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
