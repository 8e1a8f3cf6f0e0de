/** Questions about language: tokens of a prompt, its continuation, the probability of an answer. */
import type {
  GeneratePartial,
  GenerateRequest,
  GenerateResult,
  ScoreRequest,
  ScoreResult,
} from "../domain/generation";
import type { Token } from "../domain/model";
import type { CallContext } from "../domain/progress";
import { throwIfCancelled } from "../lib/cancel";
import { consult } from "../model/around";
import { chatPrompt } from "../model/chat";
import { generate } from "../model/generate";
import { score } from "../model/score";
import type { LoadedState } from "./session";
import { factsWithoutThis } from "./taughtSubjects";

export const tokenizePrompt = (
  { model }: LoadedState,
  { prompt }: { prompt: string },
): { tokens: Token[] } => ({
  tokens: model.tokenizer.encode(prompt).tokens,
});

/** Runs `body` on the weights in use, or on the checkpoint's own. */
export function onWeights<Result>(
  { model }: LoadedState,
  which: "edited" | "base" | undefined,
  body: () => Promise<Result>,
): Promise<Result> {
  return which === "base" ? model.weights.onBase(body) : body();
}

/** @throws AppError empty-prompt, prompt-too-long, cancelled */
export async function generateText(
  state: LoadedState,
  request: GenerateRequest,
  context: CallContext<GeneratePartial>,
): Promise<GenerateResult> {
  const result = await written(state, request, context);
  if (request.withFamiliarity !== true) return result;
  // A list that cannot be had must not take the answer along.
  const unfamiliarAmong = await factsWithoutThis(state, request.prompt, context.signal).catch(
    () => undefined,
  );
  throwIfCancelled(context.signal);
  return unfamiliarAmong === undefined ? result : { ...result, unfamiliarAmong };
}

function written(
  state: LoadedState,
  request: GenerateRequest,
  context: CallContext<GeneratePartial>,
): Promise<GenerateResult> {
  const { model } = state;
  return onWeights(state, request.weights, async () => {
    if (!request.chat) return generate(model, request, context);
    // What stands around the model goes into the user's message, inside the template.
    const consulted = await consult(model, request.prompt, context.signal);
    const prompt = chatPrompt(model.tokenizer, consulted.prompt);
    return generate(model, { ...request, prompt, consulted: { ...consulted, prompt } }, context);
  });
}

export const scoreTarget = (
  { model }: LoadedState,
  request: ScoreRequest,
  context: CallContext<never>,
): Promise<ScoreResult> => score(model, request, context);
