/** A model whose files say what an attacker would: tokens that are markup and reorder text, patterns that never end. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BYTE_SYMBOLS } from "../src/model/tokenizer/byteLevel";

const MODELS = join(import.meta.dirname, "fixtures/models");

/** Runs when it becomes markup, turns text round, moves a cursor, and is a formula. */
export const MARKUP = `=<img src=x onerror="document.title='hacked'">\u202e\u001b[2J`;

type Json = Record<string, unknown>;

/** A copy of a fixture model in a folder of its own, its JSON files changed. The caller removes the folder. */
function copyOf(family: string, change: Readonly<Record<string, (json: Json) => Json>>): string {
  const folder = mkdtempSync(join(tmpdir(), "palimpsest-hostile-"));
  for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]) {
    cpSync(join(MODELS, family, name), join(folder, name));
  }
  for (const [name, changed] of Object.entries(change)) {
    const json = JSON.parse(readFileSync(join(folder, name), "utf8")) as Json;
    writeFileSync(join(folder, name), JSON.stringify(changed(json)));
  }
  return folder;
}

const inSymbols = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => BYTE_SYMBOLS[byte]).join("");

/** Prompt for the model below: of the few bytes it has tokens for. */
export const MARKUP_PROMPT = "Oslo lies in";

/** gpt2's fixture with a vocabulary of a few single bytes and, for all other ids, markup. */
export function modelWithMarkupTokens(): string {
  return copyOf("gpt2", {
    "tokenizer.json": (json) => {
      const letters = [...new Set(inSymbols(`${MARKUP_PROMPT} ${MARKUP} 0123456789`))];
      const bytes = letters.map((symbol, id) => [symbol, id] as const);
      const rest = Array.from({ length: 383 - letters.length }, (_, k) => [
        inSymbols(`${MARKUP}${k}`),
        letters.length + k,
      ]);
      const vocab = Object.fromEntries([...bytes, ...rest]);
      return { ...json, model: { type: "BPE", vocab, merges: [] } };
    },
  });
}

/** A model whose configuration names an architecture in markup: refused with its name. */
export function modelOfMarkupArchitecture(): string {
  return copyOf("gpt2", {
    "config.json": (json) => ({ ...json, model_type: MARKUP, architectures: [MARKUP] }),
  });
}

/** Splits with a pattern that passes the static check and takes years on a long row of one letter. */
export function modelWithEndlessPattern(): string {
  return copyOf("tiny-facts2-gpt2", {
    "tokenizer.json": (json) => {
      const endless = { type: "Split", pattern: { Regex: "a*a*a*b" }, behavior: "Isolated", invert: false };
      return {
        ...json,
        pre_tokenizer: { type: "Sequence", pretokenizers: [endless, json["pre_tokenizer"]] },
      };
    },
  });
}

/** A chat template whose single expressions are cheap to say and endless to compute. */
export function modelWithEndlessTemplate(): string {
  const loop = "{% for x in range(99999) %}";
  return copyOf("tiny-facts2-gpt2", {
    "tokenizer_config.json": (json) => ({
      ...json,
      chat_template: `${loop.repeat(8)}x${"{% endfor %}".repeat(8)}`,
    }),
  });
}
