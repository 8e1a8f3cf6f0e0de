/** The design's arrows as a table: who may import whom, and which room owns which package. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const SOURCE = import.meta.dirname;
const BELOW = ["domain", "lib"];
const EXPERIMENT = ["model", "gpu", "linalg", ...BELOW];
const LAB = ["lab", "tracing", "editing", "superposition", "evaluation", "loading", ...EXPERIMENT];

/** Rooms, and the rooms each may import from. `workers` is split: its client side is safe on the main thread. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  lib: ["domain"],
  linalg: BELOW,
  loading: BELOW,
  gpu: BELOW,
  model: ["gpu", "loading", "linalg", ...BELOW],
  tracing: EXPERIMENT,
  editing: ["loading", ...EXPERIMENT],
  superposition: ["editing", ...EXPERIMENT],
  evaluation: ["editing", ...EXPERIMENT],
  lab: LAB,
  cli: LAB,
  "lab.worker": ["workers", ...LAB],
  workers: BELOW,
  offline: BELOW,
  store: ["workers", "offline", ...BELOW],
  components: ["store", ...BELOW],
  main: ["components", "store", "workers", "offline", ...BELOW],
};

/** Packages with one owner; everything else may be imported anywhere it is installed for. */
const OWNERS: [RegExp, readonly string[]][] = [
  [/^@tensorflow\//, ["gpu"]],
  [/^@huggingface\/(tokenizers|jinja)/, ["model"]],
  [/^(@huggingface\/transformers|onnxruntime-web)/, ["workers"]],
  [/^zustand/, ["store", "components"]],
  [/^(react|react-dom|recharts|@mantine\/)/, ["components", "main"]],
  [/^node:/, ["cli", "loading", "gpu", "lab"]],
];

type Import = { file: string; from: string; specifier: string; room: string | undefined; onlyTypes: boolean };

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "assembly" ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** The room of a path: its first folder, save for the two files that are rooms of their own. */
function roomOf(path: string): string {
  const parts = relative(SOURCE, path).split(/[\\/]/);
  if (parts.length === 1) return "main";
  if (/lab\.worker/.test(path)) return "lab.worker";
  return parts[0]!;
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;"']*?["']([^"']+)["']/g;

/** Imports of values and of types alike: the arrows hold for both. */
function importsOf(file: string): Import[] {
  return [...readFileSync(file, "utf8").matchAll(IMPORT)].map(([, onlyTypes, specifier = ""]) => ({
    file: relative(SOURCE, file),
    from: roomOf(file),
    specifier,
    room: specifier.startsWith(".") ? roomOf(resolve(dirname(file), specifier)) : undefined,
    onlyTypes: onlyTypes !== undefined,
  }));
}

function forbiddenArrow({ from, room }: Import): boolean {
  return room !== undefined && room !== from && !(MAY_IMPORT[from] ?? []).includes(room);
}

function foreignPackage({ from, specifier }: Import): boolean {
  const owner = OWNERS.find(([pattern]) => pattern.test(specifier));
  return owner !== undefined && !owner[1].includes(from);
}

const imports = sources(SOURCE)
  .filter((file) => !/(^|[\\/])(cases|testing)[\\/]/.test(relative(SOURCE, file)))
  .flatMap(importsOf);
const show = (found: Import[]): string[] => found.map(({ file, specifier }) => `${file} -> ${specifier}`);

describe("the architecture", () => {
  test("finds the sources", () => expect(imports.length).toBeGreaterThan(100));

  test("has no arrow that points upwards", () => expect(show(imports.filter(forbiddenArrow))).toEqual([]));

  test("gives every package to its owner", () => expect(show(imports.filter(foreignPackage))).toEqual([]));

  test("has no circle of files that import values", () => {
    const graph = new Map<string, string[]>();
    const values = imports.filter(({ specifier, onlyTypes }) => specifier.startsWith(".") && !onlyTypes);
    for (const { file, specifier } of values) {
      const target = relative(SOURCE, resolve(SOURCE, dirname(file), specifier)).replace(/\.tsx?$/, "");
      const key = file.replace(/\.tsx?$/, "");
      graph.set(key, [...(graph.get(key) ?? []), target]);
    }
    expect(circle(graph)).toEqual([]);
  });

  test("would notice a wrong arrow and a foreign package", () => {
    const wrong = { file: "gpu/x.ts", from: "gpu", specifier: "../model/y", room: "model", onlyTypes: false };
    expect(forbiddenArrow(wrong)).toBe(true);
    expect(
      foreignPackage({ ...wrong, from: "components", specifier: "@tensorflow/tfjs-core", room: undefined }),
    ).toBe(true);
  });
});

/** The first circle found, as the files along it; empty when there is none. */
function circle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (state.get(file) === "done") return [];
    if (state.get(file) === "open") return [...path.slice(path.indexOf(file)), file];
    state.set(file, "open");
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const found = visit(next);
      if (found.length > 0) return found;
    }
    path.pop();
    state.set(file, "done");
    return [];
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found.length > 0) return found;
  }
  return [];
}
