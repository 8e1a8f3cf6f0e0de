/** How a model file is refused: category, file, what is wrong with which field, and what the user can do. */
import type { FileFault } from "../domain/errors";
import { AppError } from "../lib/errors";

const REMEDY: Record<FileFault, string> = {
  "not-this-format":
    "Check that this is the model file itself and not a web page, an archive or a pointer to it.",
  truncated: "The download or copy probably stopped early. Get the file again.",
  limit: "No ordinary model needs this much; the file is damaged or hostile. Get it again from its source.",
  "bad-json": "The file is damaged or was edited by hand. Get it again from its source.",
  "bad-layout": "The file is damaged or was written by a faulty program. Get it again from its source.",
  "bad-shape": "The file is damaged or was written by a faulty program. Get it again from its source.",
  duplicate: "The file contradicts itself. Get it again from its source.",
  unsupported:
    "Convert the model to a supported form: safetensors in F32, F16 or BF16, or GGUF version 2 or 3.",
  missing: "Add the missing part, or get the complete model again.",
  "bad-config": "Use the configuration that was published with the model.",
  "bad-tokenizer": "Use the tokenizer files that were published with the model.",
  "unsafe-reference": "A model's files must lie in one folder. Do not trust this model.",
};

/**
 * The error for a file that cannot be used. `what` completes the sentence "<file>: …" and names the field.
 */
export function fault(
  code: FileFault,
  file: string,
  what: string,
  details: Record<string, unknown> = {},
): AppError {
  return new AppError(code, `${file}: ${what}.`, REMEDY[code], { file, ...details });
}

/** Text out of a file, safe in a message: quoted, control characters escaped, at most 60 characters. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  const escaped = JSON.stringify(short).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `“${escaped.slice(1, -1).replaceAll('\\"', '"')}”`;
}
