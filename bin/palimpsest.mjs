#!/usr/bin/env node
/** Runs the built command line; builds it first in a fresh checkout. */
import { existsSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const bundle = new URL("../dist/cli/palimpsest.mjs", import.meta.url);
if (!existsSync(bundle)) {
  const { root, setUp } = await import("../scripts/setup.mjs");
  setUp();
  // The result belongs to stdout alone, so the build speaks on stderr.
  const { status } = spawnSync("npm", ["run", "--silent", "build:kernels"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) process.exit(1);
  const built = spawnSync(
    process.execPath,
    [fileURLToPath(new URL("../scripts/buildCli.mjs", import.meta.url))],
    {
      stdio: ["ignore", 2, 2],
    },
  );
  if (built.status !== 0) process.exit(1);
}
await import(bundle);
