/**
 * `node scripts/drawLongTargets.mjs ROWS.jsonl DATA.json FOLDER VARIANT…`: pictures and tables of a run of
 * measureLongTargets.mjs, over the texts that all named variants have. FOLDER "-" draws nothing.
 */
import { readFileSync } from "node:fs";
import { importTypeScript } from "./importTypeScript.mjs";

const [rows, data, folder, ...variants] = process.argv.slice(2);
const { summarise } = await importTypeScript("measure/longTargets/summary.ts");
const records = JSON.parse(readFileSync(data, "utf8"));
process.stdout.write(`${summarise(rows, records, folder === "-" ? undefined : folder, variants)}\n`);
process.exit(0);
