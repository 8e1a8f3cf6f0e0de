/** A long answer under a model, as one row of numbers. */
import type { LongText } from "../../../src/editing/longTexts";
import { measureLongAnswer } from "../../../src/evaluation/longAnswer";
import type { Model } from "../../../src/model/model";

export type TextMeasures = {
  /** Mean −log p per token, teacher-forced, and the share of tokens that are the likeliest at their places. */
  nll: number;
  argmax: number;
  /** Greedy text against the answer: character BLEU, ROUGE-L recall. */
  bleu: number;
  rougeL: number;
  /** First token at which greedy text leaves the answer; the answer's length if it never does. */
  divergence: number;
  greedy: string;
};

export async function measureText(model: Model, text: LongText): Promise<TextMeasures> {
  const { similarity, ...rest } = await measureLongAnswer(model, text);
  return { ...rest, bleu: similarity.bleu, rougeL: similarity.rougeL ?? 0 };
}
