/**
 * `node scripts/measureLongTargets.mjs MODEL DATA VARIANTS OUT.jsonl [limit [lines]]`: long answers written by several methods
 * and measured. An interrupted run goes on: rows that OUT has for this model's hash are left out.
 * `lines`: second moments from so many lines of the model's text only.
 */
import { importTypeScript } from "./importTypeScript.mjs";

const [model, data, variants, out, limit = "Infinity", lines] = process.argv.slice(2);
const { run } = await importTypeScript("measure/longTargets/run.ts");
await run({
  model,
  data,
  variants,
  out,
  limit: Number(limit),
  ...(lines && { lines: Number(lines) }),
  say: (line) => process.stderr.write(`${line}\n`),
});
process.exit(0);
