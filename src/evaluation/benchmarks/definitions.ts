/** What every measure of `eval` is, for whoever reads the result alone (algorithms.md 19). */

const NAMED: Readonly<Record<string, string>> = {
  rewrite_success: "ES: share of prompts at which the new answer has the smaller mean −log p per token than the true one",
  rewrite_diff: "EM: exp(−nll new) − exp(−nll true), nll the mean over the answer's tokens",
  rewrite_exact: "share of prompts at which every token of the new answer is the likeliest one",
  rewrite_accuracy: "edit success of EasyEdit, efficacy of zsRE: share of the new answer's tokens that are the likeliest at their places, teacher-forced",
  paraphrase_success: "PS: as rewrite_success, mean over the paraphrases",
  paraphrase_diff: "PM: as rewrite_diff, mean over the paraphrases",
  paraphrase_exact: "as rewrite_exact, mean over the paraphrases",
  paraphrase_accuracy: "as rewrite_accuracy, mean over the paraphrases",
  neighbourhood_success: "NS: share of neighbours at which the true answer has the smaller mean −log p per token",
  neighbourhood_diff: "NM: exp(−nll true) − exp(−nll new) at the neighbours",
  neighbourhood_exact: "share of neighbours at which every token of the true answer is the likeliest one",
  neighbourhood_accuracy: "share of the true answer's tokens that are the likeliest at the neighbours",
  fluency: "H2/3 + 2 H3/3 in bits: entropy of pairs and triples of words in continuations drawn from the five likeliest tokens; papers report it times 100",
  nll: "mean −log p of the answer's tokens, teacher-forced",
  argmax: "share of the answer's tokens that are the likeliest at their places, teacher-forced",
  divergence: "first token at which the greedy text leaves the answer",
  score: "S: harmonic mean of ES, PS and NS in per cent, each rounded to two digits first",
}; // prettier-ignore

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^portability\..*_(bleu|rouge\w)$/, "text written for this kind of question against its answer, mean over the questions"],
  [/^portability$/, "mean over the kinds of portability"],
  [/^portability\./, "share of the answer's tokens that are the likeliest at questions that should follow from the edit, mean over the questions"],
  [/^specificity/, "share of the stored answer's tokens that are the likeliest at questions of other facts (ROME's specificity on zsRE)"],
  [/^locality$/, "mean over the kinds of locality"],
  [/^locality\./, "share of places at which the likeliest token is the same as before the edit, whether or not it is true"],
  [/_bleu$/, "BLEU-4 of characters, nltk's, of the greedy text"],
  [/_rouge1$/, "recall of distinct words (ROUGE-1, package rouge)"],
  [/_rouge2$/, "recall of distinct pairs of words (ROUGE-2, package rouge)"],
  [/_rougeL$/, "recall of the longest common subsequences' words (ROUGE-L, package rouge)"],
]; // prettier-ignore

export const definitionOf = (measure: string): string =>
  NAMED[measure] ?? FAMILIES.find(([pattern]) => pattern.test(measure))?.[1] ?? "";
