/** Writes a bench's figures with what is needed to read them: machine, Node and commit. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

/** `figures` are ratios from one run, and the times they come from. */
export function writeResult(name: string, figures: Record<string, unknown>): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
  const result = { name, date: new Date().toISOString().slice(0, 10), commit, machine, ...figures };
  writeFileSync(join("bench/results", `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
