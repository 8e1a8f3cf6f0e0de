/** The special tokens that a tokenizer's post-processor puts before and after every text. */
import { AppError } from "../../lib/errors";
import { isObject, type JsonObject } from "./tokenizerFile";

export type SpecialsAround = { front: number[]; back: number[] };

/** Reads the post-processor's configuration. Throws `unsupported` for a kind not read, `bad-tokenizer` for unknown tokens. */
export function specialsAround(
  config: JsonObject | null,
  idOf: (token: string) => number | undefined,
): SpecialsAround {
  if (config === null || config.type === "ByteLevel") return { front: [], back: [] };
  if (config.type === "TemplateProcessing") return fromTemplate(config, idOf);
  if (config.type === "Sequence") {
    const steps = (config.processors as JsonObject[]).map((step) => specialsAround(step, idOf));
    return {
      front: steps.toReversed().flatMap((step) => step.front),
      back: steps.flatMap((step) => step.back),
    };
  }
  throw new AppError(
    "unsupported",
    `tokenizer.json: the post-processor “${String(config.type)}” is not read.`,
  );
}

function fromTemplate(config: JsonObject, idOf: (token: string) => number | undefined): SpecialsAround {
  const field = "post_processor.single";
  const items: unknown[] = Array.isArray(config.single) ? config.single : [];
  const textAt = items.findIndex((item) => isObject(item) && isObject(item.Sequence));
  if (textAt < 0)
    throw new AppError("bad-tokenizer", `tokenizer.json: ${field} leaves out the text itself.`, "", {
      field,
    });
  const idsOf = (item: unknown): number[] => {
    const special = isObject(item) ? item.SpecialToken : undefined;
    const name = isObject(special) ? String(special.id) : "";
    const known = isObject(config.special_tokens) ? config.special_tokens[name] : undefined;
    const names = isObject(known) && Array.isArray(known.tokens) ? known.tokens.map(String) : [name];
    return names.map((token) => {
      const id = idOf(token);
      if (id !== undefined) return id;
      const message = `tokenizer.json: ${field} names ${JSON.stringify(token)}, not in the vocabulary.`;
      throw new AppError("bad-tokenizer", message, "", { field });
    });
  };
  return { front: items.slice(0, textAt).flatMap(idsOf), back: items.slice(textAt + 1).flatMap(idsOf) };
}
