/**
 * `node scripts/measureMethod.mjs --method WISE [--settings '{"steps":40}' …] [--facts 20] [--together] [--held]`: a method on
 * the embedded model's own facts, counted as CounterFact counts (scripts/measure/methodScores.ts). --held takes subjects that
 * MEND's hyper-network was not trained on (scripts/train/mend.py).
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importTypeScript } from "./importTypeScript.mjs";
import { root } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "palimpsest-facts" },
    method: { type: "string", default: "WISE" },
    settings: { type: "string", multiple: true, default: ["{}"] },
    facts: { type: "string", default: "20" },
    together: { type: "boolean", default: false },
    held: { type: "boolean", default: false },
  },
});
const { facts } = JSON.parse(readFileSync(join(root, "public/models", values.model, "facts.json"), "utf8"));
const isHeld = ({ subject }) => createHash("sha256").update(subject).digest()[0] % 5 === 0;
const { methodScores } = await importTypeScript("measure/methodScores.ts");
await methodScores({
  root,
  model: values.model,
  method: values.method,
  settings: values.settings.map((text) => JSON.parse(text)),
  facts: Number(values.facts),
  together: values.together,
  held: values.held ? facts.filter(isHeld).map(({ subject }) => subject) : undefined,
});
