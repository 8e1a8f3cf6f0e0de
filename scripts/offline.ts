/**
 * Gives the built page its service worker: a list of every file with its hash, written into the bundled worker. By
 * hand and not by workbox, because a version has to be checked file by file (src/offline/offlineSite.ts).
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "vite";
import type { Site } from "../src/offline/offlineSite.ts";

const WORKER = "sw.js";
/** The sentence encoder and its runtime are large and seldom wanted; its model comes from the network anyway. */
const FETCHED_WHEN_ASKED = /^assets\/(ort-wasm|encoder\.worker)/;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

function siteIn(folder: string): Site {
  const files = filesBelow(folder)
    .map((file) => ({
      path: relative(folder, file).split(sep).join("/"),
      sha256: sha256(readFileSync(file)),
    }))
    .filter(({ path }) => path !== WORKER && !FETCHED_WHEN_ASKED.test(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { version: sha256(JSON.stringify(files)).slice(0, 16), files };
}

/** Runs when everything else of the page has been written. */
export function offline(): Plugin {
  let folder = "";
  return {
    name: "offline",
    apply: "build",
    configResolved: ({ root, build: { outDir } }) => void (folder = resolve(root, outDir)),
    async closeBundle() {
      const { outputFiles } = await build({
        entryPoints: [join(import.meta.dirname, "../src/offline/serviceWorker.ts")],
        bundle: true,
        minify: true,
        format: "iife",
        target: "es2023",
        define: { SITE: JSON.stringify(siteIn(folder)) },
        write: false,
      });
      writeFileSync(join(folder, WORKER), outputFiles[0]!.contents);
    },
  };
}
