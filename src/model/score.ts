/** How likely a model finds a given continuation: teacher-forced log-probabilities and ranks of its tokens. */
import type { ScoreRequest, ScoreResult } from "../domain/generation";
import type { CallContext } from "../domain/progress";
import { dispose, read } from "../gpu/tensor";
import { AppError } from "../lib/errors";
import { assertFiniteAnswer } from "../lib/finite";
import { consult, reciteAnswer } from "./around";
import { forwardWithPauses, oneRow } from "./forward";
import type { Model } from "./model";
import { scoreOfToken } from "./tokenChoices";

/**
 * Scores `target` after `prompt`. As the editing methods do, one space is put between them where neither side has
 * any (algorithms.md 0.3). Both are tokenised as one text; a token that spans the seam counts to the target.
 * Throws `empty-prompt`, `bad-request` (empty target), `prompt-too-long`, `cancelled`.
 */
export async function score(
  model: Model,
  { prompt: asked, target }: ScoreRequest,
  { signal }: Pick<CallContext, "signal">,
): Promise<ScoreResult> {
  if (target.trim() === "")
    throw new AppError("bad-request", "The target is empty.", "Name the text to score.");
  const { prompt, recite } = await consult(model, asked, signal);
  const seam = /\s$/.test(prompt) || /^\s/.test(target) ? "" : " ";
  const { ids, tokens } = model.tokenizer.encode(prompt + seam + target);
  const first = tokens.findIndex(({ start, end }) => end > start && end > prompt.length);
  if (first < 1)
    throw new AppError("empty-prompt", "There is no prompt before the target.", "Write a prompt.");
  // Special tokens after the text have an empty span at its end.
  const last = tokens.findLastIndex(({ start, end }) => end > start);
  const rows = Int32Array.from({ length: last - first + 1 }, (_, index) => first - 1 + index);
  const { residual, logits } = await forwardWithPauses(model, oneRow(ids), { logitsAt: rows, signal });
  const values = await read(logits!);
  dispose(residual, logits);
  assertFiniteAnswer(values);

  const width = values.length / rows.length;
  reciteAnswer(
    values,
    Array.from(rows, (row) => tokens[row + 1]!.id),
    recite,
  );
  const scored = Array.from(rows, (row, index) => {
    const { id, text } = tokens[row + 1]!;
    const logits = values.subarray(index * width, (index + 1) * width);
    return { id, text, ...scoreOfToken(logits, id) };
  });
  const logprob = scored.reduce((sum, one) => sum + one.logprob, 0);
  const around = { ...(prompt !== asked && { seen: prompt }), ...(recite && { recited: true as const }) };
  return { ...around, tokens, target: scored, p: Math.exp(logprob) };
}
