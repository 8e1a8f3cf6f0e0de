/**
 * `node scripts/measureModel.mjs [--every] [--edits 200] [folder] [out]`: measures the embedded default model with the
 * lab's own engine. --every asks all wordings of every fact (half an hour); else one trained and one held-out each.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importTypeScript } from "./importTypeScript.mjs";
import { root } from "./setup.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { every: { type: "boolean", default: false }, edits: { type: "string", default: "200" } },
});
const [folder = join(root, "public/models/palimpsest-facts"), out = join(root, "docs/own-model")] =
  positionals;
const { measureModel } = await importTypeScript("measure/measureModel.ts");
await measureModel({ folder, out, root, edits: Number(values.edits), every: values.every });
