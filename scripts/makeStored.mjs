/**
 * Writes public/examples/stored.json: a trace and an edit of the gallery's first example, made by the command line.
 * The page shows them, labelled as stored, until the model is there. Run again when the model or the methods change.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { model, examples } = JSON.parse(readFileSync("public/examples/gallery.json", "utf8"));
const [example] = examples;
const folder = mkdtempSync(join(tmpdir(), "palimpsest-"));

function lab(...args) {
  const output = execFileSync("node", ["dist/cli/palimpsest.mjs", ...args, "--model", model, "--json"]);
  return JSON.parse(output.toString());
}

/** Eight digits are more than the page shows, and half of what floats print. */
const rounded = (value) =>
  JSON.parse(JSON.stringify(value), (_key, item) =>
    typeof item === "number" ? Number(item.toPrecision(5)) : item,
  );

try {
  const prompt = example.template.replace("{}", () => example.subject);
  const trace = lab("trace", "--prompt", prompt, "--subject", example.subject);
  const requests = join(folder, "requests.json");
  const { template, subject, target, answer, paraphrases, neighbours } = example;
  const request = {
    prompt: template,
    subject,
    target_new: target,
    target_true: answer,
    paraphrase_prompts: paraphrases,
    neighborhood: neighbours,
  };
  writeFileSync(requests, JSON.stringify([request]));
  const { probes, ...edit } = lab("edit", "--requests", requests);
  const kinds = { rewrite: "rewrite", paraphrase: "paraphrase", neighborhood: "neighbourhood" };
  const flat = Object.entries(kinds).flatMap(([name, kind]) =>
    probes[name].map((probe) => ({ kind, ...probe })),
  );
  const stored = { example: example.id, trace, edit: { ...edit, probes: flat } };
  writeFileSync("public/examples/stored.json", `${JSON.stringify(rounded(stored))}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
