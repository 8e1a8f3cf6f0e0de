/** The tokenizer of a checkpoint: from its tokenizer.json, or rebuilt from a GGUF's own metadata. */
import { AppError } from "../../lib/errors";
import type { Checkpoint } from "../../loading/checkpoint";
import { tokenizerFromGguf } from "./ggufTokenizer";
import { createTokenizer, type Tokenizer } from "./tokenizer";

/** @throws AppError missing, bad-tokenizer, limit, unsupported */
export function openTokenizer({ tokenizer, ggufMetadata }: Checkpoint): Tokenizer {
  if (tokenizer.tokenizer !== undefined) return createTokenizer(tokenizer);
  if (ggufMetadata) return createTokenizer(tokenizerFromGguf(ggufMetadata));
  const remedy = "Add tokenizer.json from the model's repository to the files.";
  throw new AppError("missing", "The model comes without a tokenizer.json.", remedy, {
    file: "tokenizer.json",
  });
}
