/** A long answer as it would be cut and written, with how likely its tokens are on the weights in use. Nothing is changed. */
import type { CallContext } from "../domain/progress";
import type { CutRequest, CutTarget } from "../domain/longTarget";
import { chunksOf } from "../editing/chunks";
import { readCallSettings } from "../editing/computeEdit";
import { readLongText } from "../editing/longTexts";
import { scoreTargetTokens } from "../evaluation/targetTokens";
import type { LoadedState } from "./session";

/** @throws AppError bad-request, prompt-too-long, cancelled */
export async function cutTarget(
  { model }: LoadedState,
  { method, settings: given, request }: CutRequest,
  { signal }: CallContext<never>,
): Promise<CutTarget> {
  const { settings } = readCallSettings({ method, settings: given }, model);
  const text = readLongText(model, request, settings);
  const scores = await scoreTargetTokens(model, text, signal);
  return {
    questionTokens: text.question.length,
    contextLength: model.config.contextLength,
    tokens: scores.map((score, index) => ({
      text: model.tokenizer.tokenText(text.answer[index]!),
      ...score,
    })),
    chunks: chunksOf(model.tokenizer, text, request.cuts, settings),
  };
}
