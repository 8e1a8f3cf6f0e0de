/**
 * Fixtures that are too large for the repository lie in ../shared/fixtures on the project's own machines. Tests read
 * tests/fixtures first and that folder second; what is in neither is skipped, visibly.
 */
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ReadFixture } from "../src/model/testing/openFixture";

const root = resolve(import.meta.dirname, "..");
const places = [resolve(root, "tests/fixtures"), resolve(root, "../shared/fixtures")];

const placeOf = (path: string): string | undefined =>
  places.map((place) => resolve(place, path)).find((file) => existsSync(file));

/** Whether a file or folder of the fixtures is here. */
export const hasFixture = (path: string): boolean => placeOf(path) !== undefined;

export const readFixture: ReadFixture = async (path) => {
  const file = placeOf(path);
  if (file === undefined) throw new Error(`There is no fixture ${path}.`);
  return new Uint8Array(await readFile(file));
};

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

/** Where a file is on disk. */
export function fixturePath(path: string): string {
  const file = placeOf(path);
  if (file === undefined) throw new Error(`There is no fixture ${path}.`);
  return file;
}
