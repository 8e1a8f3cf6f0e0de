/**
 * `node scripts/measureModel.mjs [--every] [--edits 200] [folder] [out]`: measures the embedded default model with the
 * lab's own engine. --precision N compares N edits made with
 * the shipped statistics with those of float64 ones (statistics-precision.json) and does nothing else. --every asks all wordings of every fact (half an hour); else one trained and one held-out each.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importTypeScript } from "./importTypeScript.mjs";
import { root } from "./setup.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    precision: { type: "string" },
    every: { type: "boolean", default: false },
    edits: { type: "string", default: "200" },
  },
});
const [folder = join(root, "public/models/palimpsest-facts"), out = join(root, "docs/own-model")] =
  positionals;
const { measureModel, measurePrecision } = await importTypeScript("measure/measureModel.ts");
if (values.precision) await measurePrecision({ folder, out, root, edits: Number(values.precision) });
else await measureModel({ folder, out, root, edits: Number(values.edits), every: values.every });
