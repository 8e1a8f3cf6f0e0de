/**
 * Text to tokens, in the order the reference library works: added tokens are cut out of the raw text, the rest is
 * normalised, normalised added tokens are cut out, what is left is split into words and merged.
 */
import type { BPE } from "@huggingface/tokenizers";
import { createSplitter } from "./addedTokens";
import { alignIdentity, sliceAligned, type AlignedText } from "./alignedText";
import { createNormalizer } from "./normalizers";
import { createPieceFinder, type Piece } from "./pieces";
import { createPreTokenizer } from "./preTokenizers";
import type { JsonObject, TokenizerFile } from "./tokenizerFile";

/** A function from text to tokens with their places, without the special tokens around it. */
export function createEncoder(file: TokenizerFile, model: BPE): (text: string) => Piece[] {
  const normalize = createNormalizer(file.json.normalizer as JsonObject | null);
  const inNormalized = normalize ? file.addedTokens.filter((token) => token.normalized) : [];
  const splitRaw = createSplitter(file.addedTokens.filter((token) => !inNormalized.includes(token)));
  const splitNormalized = createSplitter(
    inNormalized,
    ({ content }) => normalize?.(alignIdentity(content)).text ?? content,
  );
  const findPieces = createPieceFinder(file, model);
  const splitWords = createPreTokenizer(file.json.pre_tokenizer as JsonObject | null);

  const encodeSection = (source: AlignedText): Piece[] => {
    const normal = normalize ? normalize(source) : source;
    return splitNormalized(normal.text).flatMap(({ from, to, token }) => {
      const part = sliceAligned(normal, from, to);
      if (token) return [{ id: token.id, start: part.starts[0]!, end: part.ends.at(-1)! }];
      return findPieces(splitWords([part.text], from === 0 && part.starts[0] === 0), part);
    });
  };

  return (text) =>
    splitRaw(text).flatMap(({ from, to, token }) =>
      token
        ? [{ id: token.id, start: from, end: to }]
        : encodeSection(alignIdentity(text.slice(from, to), from)),
    );
}
