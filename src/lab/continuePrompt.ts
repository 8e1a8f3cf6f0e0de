import type { CallContext } from "../domain/progress";
import { generate } from "../model/generate";
import type { LoadedState } from "./session";

/** The model's own greedy continuation, for before and after. */
export async function continuePrompt(
  { model }: LoadedState,
  prompt: string,
  maxTokens: number,
  { signal }: CallContext<never>,
): Promise<string> {
  const greedy = { temperature: 0, seed: 1, top: 1, chat: false, stop: [], ignoreEnd: false };
  const quiet = { signal, onProgress: () => undefined };
  const { completion } = await generate(model, { ...greedy, prompt, maxTokens }, quiet);
  return completion.text;
}
