/**
 * Words and punctuation as nltk's word tokenizer cuts one sentence, written anew from its documented behaviour: quotes,
 * punctuation and brackets stand alone, clitics are split off, a full stop only at the end. Pure.
 */
import { splitWords } from "./whitespace";

type Rule = readonly [RegExp, string];

const OPENING_QUOTES: readonly Rule[] = [
  [/([«“‘„]|[`]+)/g, " $1 "],
  [/^"/g, "``"],
  [/(``)/g, " $1 "],
  [/([ ([{<])("|'{2})/g, "$1 `` "],
  [/(?<![\p{L}\p{N}_])(')(?!(?:re|ve|ll|m|t|s|d|n)(?![\p{L}\p{N}_]))(?=[\p{L}\p{N}_])/giu, "$1 "],
];
const PUNCTUATION: readonly Rule[] = [
  // The lookahead takes the whole run at once: otherwise many spaces at the end would cost their square.
  [/([^.])(\.)(?=([\])}>"'»”’ ]*))\3\s*$/g, "$1 $2 $3 "],
  [/([:,])([^\d])/g, " $1 $2"],
  [/([:,])$/g, " $1 "],
  [/\.{2,}/g, " $& "],
  [/[;@#$%&]/g, " $& "],
  [/[\u2012-\u2015]/g, " $& "],
  [/([^.])(\.)([\])}>"']*)\s*$/g, "$1 $2$3 "],
  [/[?!]/g, " $& "],
  [/([^'])' /g, "$1 ' "],
  [/[*]/g, " $& "],
  [/[\][(){}<>]/g, " $& "],
  [/--/g, " -- "],
];
const CLOSING_QUOTES: readonly Rule[] = [
  [/([»”’])/g, " $1 "],
  [/''/g, " '' "],
  [/"/g, " '' "],
  [/\s+/g, " "],
  [/([^' ])('[sS]|'[mM]|'[dD]|') /g, "$1 $2 "],
  [/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /g, "$1 $2 "],
];
const CONTRACTIONS: readonly Rule[] = [
  [/\b(can)(not)\b/gi, " $1 $2 "],
  [/\b(d)('ye)\b/gi, " $1 $2 "],
  [/\b(gim)(me)\b/gi, " $1 $2 "],
  [/\b(gon)(na)\b/gi, " $1 $2 "],
  [/\b(got)(ta)\b/gi, " $1 $2 "],
  [/\b(lem)(me)\b/gi, " $1 $2 "],
  [/\b(more)('n)\b/gi, " $1 $2 "],
  [/\b(wan)(na)(?=\s)/gi, " $1 $2 "],
  [/ ('t)(is)\b/gi, " $1 $2 "],
  [/ ('t)(was)\b/gi, " $1 $2 "],
];

const apply = (text: string, rules: readonly Rule[]): string =>
  rules.reduce((now, [pattern, by]) => now.replace(pattern, by), text);

export function wordTokens(sentence: string): string[] {
  const padded = ` ${apply(apply(sentence, OPENING_QUOTES), PUNCTUATION)} `;
  return splitWords(apply(apply(padded, CLOSING_QUOTES), CONTRACTIONS));
}
