/**
 * `node scripts/sweepSettings.mjs [--model embedded:palimpsest-facts] [--methods MEMIT,EMMET] [--layers 0,1,2] [--facts 6] [--lines 60] [--layers-only]`:
 * tries layers and settings of the editing methods and writes docs/defaults/, docs/defaults.md and the lab's defaults.
 * With --methods "" it writes the tables again from what is there. The model is named as on the command line: embedded:NAME, hub:OWNER/NAME, or else a path: a folder or a .gguf file.
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { importTypeScript } from "./importTypeScript.mjs";
import { root } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "embedded:palimpsest-facts" },
    methods: { type: "string", default: "ROME,R-ROME,MEMIT,EMMET,PMET,AlphaEdit,UnKE,FT-L,FT-M,LoRA,GRACE" },
    layers: { type: "string" },
    facts: { type: "string", default: "6" },
    lines: { type: "string" },
    "layers-only": { type: "boolean", default: false },
  },
});
const [kind, ...rest] = values.model.split(":");
const named = rest.join(":");
const source =
  kind === "embedded"
    ? { kind, name: named }
    : kind === "hub"
      ? { kind, repository: named, revision: "main" }
      : { kind: "path", path: values.model };
const name = basename(named || values.model).replace(/\.[^.]*$/, "");
const { sweepSettings } = await importTypeScript("sweep/sweepSettings.ts");
await sweepSettings({
  root,
  source,
  name,
  methods: values.methods.split(",").filter(Boolean),
  layers: values.layers?.split(",").map(Number),
  facts: Number(values.facts),
  layersOnly: values["layers-only"],
  lines: values.lines === undefined ? undefined : Number(values.lines),
});
