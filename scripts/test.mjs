/**
 * `npm test`: installs, finds a Chromium, builds, then runs every check and prints one line with the counts.
 * Names of suites as arguments run only those, for example `npm test -- types unit`.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildWhenStale } from "./buildWhenStale.mjs";
import { provisionChromium } from "./provisionChromium.mjs";
import { root, run, setUp } from "./setup.mjs";

const reports = join(root, "test-results/counts");

/** A check without single tests counts as one. */
function single(name, command, args) {
  const code = run(command, args);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** `more`: further options. Vitest leaves a core free by itself, which on two cores is half of them. */
function vitest(project, more = []) {
  const file = join(reports, `${project}.json`);
  const code = run("npx", [
    "vitest",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...more,
  ]);
  const report = readReport(file);
  const passed = report?.numPassedTests ?? 0;
  const failed = report?.numFailedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A suite that cannot even be loaded fails no single test, but the run still failed.
  return { name: project, passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

/** Journeys that failed once and then passed, in the reporter's nested suites. */
function flakyTitles(suites) {
  return suites.flatMap(({ specs = [], suites: inner = [] }) => [
    ...specs.filter(({ tests }) => tests.some(({ status }) => status === "flaky")).map(({ title }) => title),
    ...flakyTitles(inner),
  ]);
}

function endToEnd() {
  const file = join(reports, "e2e.json");
  const code = run("npx", ["playwright", "test", "--reporter=list,json"], {
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
  const report = readReport(file);
  const stats = report?.stats;
  const failed = stats?.unexpected ?? 0;
  for (const title of flakyTitles(report?.suites ?? [])) console.log(`Passed only the second time: ${title}`);
  return {
    name: "e2e",
    passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: stats?.skipped ?? 0,
  };
}

const SUITES = {
  types: () => single("types", "npx", ["tsc", "--noEmit"]),
  lint: () => single("lint", "npx", ["eslint", "--max-warnings", "0", "."]),
  format: () => single("format", "npx", ["prettier", "--check", "--log-level", "warn", "."]),
  unit: () => vitest("unit", ["--maxWorkers=2"]),
  golden: () => vitest("golden", ["--maxWorkers=2"]),
  gpu: () => vitest("gpu"),
  e2e: endToEnd,
};

function sum(results, key) {
  return results.reduce((total, result) => total + result[key], 0);
}

setUp();
process.env.CHROMIUM_PATH = provisionChromium();
buildWhenStale();
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SUITES, name));
if (unknown.length > 0) {
  console.error(`Unknown suites: ${unknown.join(", ")}. There are: ${Object.keys(SUITES).join(", ")}.`);
  process.exit(2);
}
const results = [];
for (const [name, suite] of Object.entries(SUITES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  console.log(`\n── ${name} ──`);
  results.push({ ...suite(), seconds: (performance.now() - started) / 1000 });
}

console.log("");
for (const { name, passed, failed, skipped, seconds } of results) {
  console.log(`${name.padEnd(8)} ${passed} ok, ${failed} bad, ${skipped} left out, ${seconds.toFixed(0)} s`);
}
const failed = sum(results, "failed");
console.log(`\n${sum(results, "passed")} passed, ${failed} failed, ${sum(results, "skipped")} skipped`);
process.exit(failed === 0 ? 0 : 1);
