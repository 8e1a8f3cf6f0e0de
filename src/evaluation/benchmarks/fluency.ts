/** Fluency of a model's continuations: sampled as ROME's code does, from the five likeliest tokens, with a fixed seed. */
import type { Model } from "../../model/model";
import { generate } from "../../model/generate";
import { meanNgramEntropy } from "../metrics/ngramEntropy";

/** Mean n-gram entropy of the prompts with their continuations of `tokens` tokens. Throws `cancelled`. */
export async function measureFluency(
  model: Model,
  prompts: readonly string[],
  tokens: number,
  { seed, signal }: { seed: number; signal: AbortSignal },
): Promise<number> {
  const sampling = { temperature: 1, topK: 5, seed, top: 1, chat: false, stop: [], ignoreEnd: true };
  const texts: string[] = [];
  for (const prompt of prompts) {
    const room = model.config.contextLength - model.tokenizer.encode(prompt).ids.length;
    const maxTokens = Math.max(0, Math.min(tokens, room));
    const { completion } = await generate(
      model,
      { ...sampling, prompt, maxTokens },
      { signal, onProgress: () => undefined },
    );
    texts.push(prompt + completion.text);
  }
  return meanNgramEntropy(texts);
}
