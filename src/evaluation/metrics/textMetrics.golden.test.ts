/** Measures of texts against the values of the field's own packages (fixtures `metrics`). */
import { describe, expect, test } from "vitest";
import { readJson } from "../../editing/testing/factCases";
import { characterBleu } from "./characterBleu";
import { exactMatch, normaliseAnswer } from "./exactMatch";
import { counterfactScore } from "./counterfactScores";
import { harmonicMean } from "./harmonicMean";
import { entropyOf, meanNgramEntropy, ngramEntropy } from "./ngramEntropy";
import { rouge, type Rouge } from "./rouge";
import { sentences } from "./sentences";
import { inverseFrequencies, tfidfSimilarity, tfidfVector } from "./tfidf";
import { asScored, unkeMeans } from "./textSimilarity";
import { wordTokens } from "./wordTokens";

type Similarity = {
  cases: {
    reference: string;
    prediction: string;
    prediction_scored: string;
    bleu_char: number;
    rouge: Rouge | null;
    normalised: [string, string];
    exact_match: boolean;
  }[];
};

const near = (actual: number, expected: number, tolerance: number): void =>
  expect(Math.abs(actual - expected), `${actual} for ${expected}`).toBeLessThanOrEqual(tolerance);

describe("texts compared", async () => {
  const { cases } = await readJson<Similarity>("metrics/text-similarity/case.json");
  test.each(cases)("“$reference” and “$prediction”", (one) => {
    const scored = asScored(one.prediction);
    expect(scored).toBe(one.prediction_scored);
    near(characterBleu(one.reference, scored), one.bleu_char, 1e-9);
    if (one.bleu_char > 0) near(Math.log(characterBleu(one.reference, scored) / one.bleu_char), 0, 1e-9);
    const found = rouge(one.reference, scored);
    expect(found === undefined).toBe(one.rouge === null);
    for (const kind of ["rouge-1", "rouge-2", "rouge-l"] as const)
      for (const part of ["r", "p", "f"] as const)
        if (one.rouge) near(found![kind][part], one.rouge[kind][part], 1e-9);
    const [first, second] = one.normalised;
    expect([normaliseAnswer(one.reference), normaliseAnswer(one.prediction)].sort()).toEqual(
      [first, second].sort(),
    );
    expect(exactMatch(one.prediction, one.reference)).toBe(one.exact_match);
  });

  test("the means of UnKEBench", async () => {
    type Record = { answer: string; original_prediction: string; para_prediction: string; sub_answer: string[]; sub_pred: string[] }; // prettier-ignore
    type Means = { "BLEU SCORE"?: number; "ROUGE-1": number; "ROUGE-2": number; "ROUGE-L": number };
    const { records, expected } = await readJson<{ records: Record[]; expected: { Original: Means; Para: Means; Sub: Means } }>("metrics/unke-aggregate/case.json"); // prettier-ignore
    const means = unkeMeans(
      records.map((record) => ({
        answer: record.answer,
        original: record.original_prediction,
        paraphrase: record.para_prediction,
        subQuestions: record.sub_answer.map((answer, at) => ({ answer, prediction: record.sub_pred[at]! })),
      })),
    );
    for (const [own, theirs] of [
      [means.original, expected.Original],
      [means.paraphrase, expected.Para],
      [means.sub, expected.Sub],
    ] as const) {
      // prettier-ignore
      if (theirs["BLEU SCORE"] !== undefined) near(own.bleu, theirs["BLEU SCORE"], 1e-9);
      near(own.rouge1!, theirs["ROUGE-1"], 1e-9);
      near(own.rouge2!, theirs["ROUGE-2"], 1e-9);
      near(own.rougeL!, theirs["ROUGE-L"], 1e-9);
    }
  });
});

describe("fluency", async () => {
  type Stored = { text: string; tokens: string[]; tokens_one_sentence: string[]; H2: number | null; H3: number | null; entropy: number }; // prettier-ignore
  const stored = await readJson<{ cases: Stored[]; mean_over_texts: { texts: string[] } & Record<string, unknown> }>("metrics/ngram-entropy/case.json"); // prettier-ignore
  test.each(stored.cases)("of “$text”", (one) => {
    const tokens = sentences(one.text).flatMap(wordTokens);
    expect(tokens).toEqual(one.tokens);
    expect(wordTokens(one.text)).toEqual(one.tokens_one_sentence);
    near(entropyOf(tokens, 2), one.H2 ?? 0, 1e-10);
    near(entropyOf(tokens, 3), one.H3 ?? 0, 1e-10);
    near(ngramEntropy(one.text), one.entropy, 1e-10);
  });

  test("of several texts is the mean", () => {
    const { texts, ...rest } = stored.mean_over_texts;
    const [value] = Object.values(rest).filter((one): one is number => typeof one === "number");
    near(meanNgramEntropy(texts), value!, 1e-10);
  });
});

describe("consistency", async () => {
  type Stored = { corpus: string[]; vocabulary: Record<string, number>; idf: number[]; cases: { a: string; b: string; similarity: number | null; nonzero_a: Record<string, number> }[] }; // prettier-ignore
  const stored = await readJson<Stored>("metrics/tfidf-consistency/case.json");
  const frequencies = inverseFrequencies(stored.corpus);

  test("weighs words as scikit-learn does", () => {
    expect(new Set(frequencies.keys())).toEqual(new Set(Object.keys(stored.vocabulary)));
    for (const [word, at] of Object.entries(stored.vocabulary)) near(frequencies.get(word)!, stored.idf[at]!, 1e-9); // prettier-ignore
  });

  test.each(stored.cases)("of “$a” and “$b”", ({ a, b, similarity, nonzero_a: weights }) => {
    const vector = tfidfVector(a, frequencies);
    expect([...vector.keys()].sort()).toEqual(Object.keys(weights).sort());
    for (const [word, weight] of vector) near(weight, weights[word]!, 1e-9);
    const found = tfidfSimilarity(a, b, frequencies);
    if (similarity === null) expect(found).toBeUndefined();
    else near(found!, similarity, 1e-9);
  });
});

test("harmonic means", async () => {
  const { cases } = await readJson<{ cases: { values: number[]; score: number }[] }>(
    "metrics/harmonic-score/case.json",
  );
  for (const { values, score } of cases) {
    near(harmonicMean(values), score, 1e-9);
    near(counterfactScore(values.map((value) => value / 100)), score, 1e-9);
  }
});
