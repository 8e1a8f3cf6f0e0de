/** Exact match as EasyEdit judges answers: lower case, no ASCII punctuation, no articles, single spaces. Pure. */
import { splitWords } from "./whitespace";

const PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** Between word borders of any script, as Python's `\b` has them. */
const ARTICLE = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

export const normaliseAnswer = (answer: string): string =>
  splitWords(answer.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLE, " ")).join(" ");

export const exactMatch = (prediction: string, answer: string): boolean =>
  normaliseAnswer(prediction) === normaliseAnswer(answer);
