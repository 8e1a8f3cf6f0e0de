/** A generated text against the one that was asked for, and the means that UnKEBench reports (algorithms.md 19.4). Pure. */
import { characterBleu } from "./characterBleu";
import { rouge } from "./rouge";

/** BLEU of characters; ROUGE recalls, absent where the reference has no words. */
export type TextSimilarity = { bleu: number; rouge1?: number; rouge2?: number; rougeL?: number };

/** A text without a space gets one at its end first, as the published evaluation does. */
export const asScored = (prediction: string): string =>
  prediction.includes(" ") ? prediction : `${prediction} `;

export function textSimilarity(reference: string, prediction: string): TextSimilarity {
  const scored = asScored(prediction);
  const found = rouge(reference, scored);
  return {
    bleu: characterBleu(reference, scored),
    ...(found && { rouge1: found["rouge-1"].r, rouge2: found["rouge-2"].r, rougeL: found["rouge-l"].r }),
  };
}

export type UnkePrediction = {
  answer: string;
  original: string;
  paraphrase?: string;
  subQuestions: readonly { answer: string; prediction: string }[];
};
export type UnkeMeans = { original: TextSimilarity; paraphrase: TextSimilarity; sub: TextSimilarity };

/** Means over records; sub-questions are averaged inside a record first. */
export function unkeMeans(records: readonly UnkePrediction[]): UnkeMeans {
  const asked = records.filter(({ paraphrase }) => paraphrase !== undefined);
  return {
    original: meanSimilarity(records.map(({ answer, original }) => textSimilarity(answer, original))),
    paraphrase: meanSimilarity(asked.map(({ answer, paraphrase }) => textSimilarity(answer, paraphrase!))),
    sub: meanSimilarity(
      records
        .filter(({ subQuestions }) => subQuestions.length > 0)
        .map(({ subQuestions }) =>
          meanSimilarity(subQuestions.map(({ answer, prediction }) => textSimilarity(answer, prediction))),
        ),
    ),
  };
}

/** Each measure over those that have it; none at all is NaN for BLEU. */
export function meanSimilarity(scores: readonly TextSimilarity[]): TextSimilarity {
  const mean = (name: keyof TextSimilarity): number => {
    const values = scores.flatMap((score) => score[name] ?? []);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return { bleu: mean("bleu"), rouge1: mean("rouge1"), rouge2: mean("rouge2"), rougeL: mean("rougeL") };
}
