/** A tokenizer whose every use of the file's patterns and template is watched. What is only looked up needs no watch. */
import type { Watch } from "../domain/watch";
import type { Tokenizer } from "../model/tokenizer/tokenizer";

/** `model` is how the user named it. */
export function watchedTokenizer(tokenizer: Tokenizer, model: string, watch: Watch): Tokenizer {
  const step = { kind: "tokenizer", model } as const;
  return {
    ...tokenizer,
    encode: (text, options) => watch(step, () => tokenizer.encode(text, options)),
    decode: (ids, options) => watch(step, () => tokenizer.decode(ids, options)),
    applyChatTemplate: (variables) =>
      watch({ kind: "template", model }, () => tokenizer.applyChatTemplate(variables)),
  };
}
