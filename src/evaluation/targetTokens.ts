/** How likely each token of a long answer is, told the question and the tokens before it. */
import { assertFiniteAnswer } from "../lib/finite";
import { dispose, read } from "../gpu/tensor";
import { forwardWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import { scoreOfToken } from "../model/tokenChoices";
import { rightPadded } from "../editing/rightPadded";
import type { LongText } from "../editing/longTexts";

export type TokenScore = { p: number; best: boolean };

/** Teacher-forced, one score per token of the answer. Throws `cancelled`. */
export async function scoreTargetTokens(
  model: Model,
  { question, answer }: LongText,
  signal: AbortSignal | undefined,
): Promise<TokenScore[]> {
  const ids = Int32Array.from([...question, ...answer.subarray(0, -1)]);
  const places = Int32Array.from(answer, (_id, index) => question.length - 1 + index);
  const { residual, logits } = await forwardWithPauses(model, rightPadded([[...ids]]), {
    logitsAt: places,
    signal,
  });
  dispose(residual);
  const values = await read(logits!);
  dispose(logits);
  assertFiniteAnswer(values);
  const width = values.length / answer.length;
  return Array.from(answer, (id, index) => {
    const { logprob, rank } = scoreOfToken(values.subarray(index * width, (index + 1) * width), id);
    return { p: Math.exp(logprob), best: rank === 1 };
  });
}
