/**
 * Fixtures for tests on Node, whole again where the repository keeps them small (expandFixture.ts, or compressed as
 * `<name>.gz`). Those that are too large for the repository lie in ../shared/fixtures on the project's own machines.
 * Tests read tests/fixtures first and that folder second; what is in neither is skipped, visibly.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { expandFixture } from "../src/model/testing/expandFixture";
import type { ReadFixture } from "../src/model/testing/openFixture";

const root = resolve(import.meta.dirname, "..");
const places = [resolve(root, "tests/fixtures"), resolve(root, "../shared/fixtures")];

const placeOf = (path: string): string | undefined =>
  places
    .flatMap((place) => [resolve(place, path), resolve(place, `${path}.gz`)])
    .find((file) => existsSync(file));

/** Whether a file or folder of the fixtures is here. */
export const hasFixture = (path: string): boolean => placeOf(path) !== undefined;

/** A file's bytes, with everything that its stored form leaves out. */
export function readWhole(path: string): Uint8Array<ArrayBuffer> {
  const file = placeOf(path);
  if (file === undefined) throw new Error(`There is no fixture ${path}.`);
  const stored = readFileSync(file);
  const bytes = new Uint8Array(file.endsWith(".gz") ? gunzipSync(stored) : stored);
  return path.endsWith(".safetensors") ? expandFixture(bytes) : bytes;
}

export const readFixture: ReadFixture = async (path) => readWhole(path);

/** Folders below a folder of the fixtures, wherever they are, sorted. */
export function fixtureFolders(path: string): string[] {
  const found = places
    .map((place) => resolve(place, path))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  return [...new Set(found)].sort();
}

/** Where a file or folder is on disk as it is stored. */
export function fixturePath(path: string): string {
  const file = placeOf(path);
  if (file === undefined) throw new Error(`There is no fixture ${path}.`);
  return file;
}

/** The same file whole, in a temporary folder: for what opens paths, as the command line does. */
export function wholeFixturePath(path: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "palimpsest-fixture-")), basename(path));
  writeFileSync(file, readWhole(path));
  return file;
}
