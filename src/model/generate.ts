/** A prompt's continuation as text, written while it is computed. */
import type { GeneratePartial, GenerateRequest, GenerateResult } from "../domain/generation";
import type { CallContext } from "../domain/progress";
import { AppError } from "../lib/errors";
import { continueTokens } from "./continueTokens";
import { oneRow } from "./forward";
import type { Model } from "./model";
import { createSampler } from "./sampling";
import { StopTexts } from "./stopTexts";
import { addedText, TextStream } from "./textStream";
import { likeliestTokens } from "./tokenChoices";

/**
 * Continues `prompt` (with `chat`: a text the chat template has made, which brings its own special tokens) until
 * `maxTokens`, a stop text, the end token or the context's end. Reports the text so far after every token.
 * Throws `empty-prompt`, `prompt-too-long`, `cancelled`.
 */
export async function generate(
  model: Model,
  request: GenerateRequest,
  { signal, onProgress }: CallContext<GeneratePartial>,
): Promise<GenerateResult> {
  const { prompt, maxTokens, top, chat } = request;
  const { ids: promptIds, tokens } = model.tokenizer.encode(prompt, { specials: !chat });
  if (promptIds.length === 0)
    throw new AppError("empty-prompt", "The prompt is empty.", "Write some text first.");
  const ends = request.ignoreEnd ? new Set<number>() : endIds(model);
  const stream = new TextStream(model.tokenizer, promptIds);
  const written = new StopTexts(request.stop);
  const ids: number[] = [];
  let next: GenerateResult["next"] | undefined;
  let started = 0;
  let isStopped = false;

  for await (const step of continueTokens(model, oneRow(promptIds), {
    sampler: createSampler(request),
    signal,
  })) {
    if (next === undefined) {
      next = likeliestTokens(model.tokenizer, step.logits, Math.min(top, model.config.vocabularySize));
      started = performance.now();
    }
    const id = step.ids[0]!;
    if (maxTokens === 0 || ends.has(id)) break;
    ids.push(id);
    isStopped = written.push(stream.push(id));
    onProgress({ note: "Writing", done: ids.length, total: maxTokens }, { text: written.text });
    if (isStopped || ids.length >= maxTokens) break;
  }

  // The prompt's own time is left out: the first token is ready when the clock starts.
  const seconds = (performance.now() - started) / 1000;
  const tokensPerSecond = ids.length > 1 ? (ids.length - 1) / seconds : 0;
  isStopped ||= written.push(stream.flush());
  if (!isStopped) written.flush();
  const text = (isStopped ? undefined : addedText(model.tokenizer, promptIds, ids)) ?? written.text;
  return { prompt, tokens, next: next ?? [], completion: { ids, text }, tokensPerSecond };
}

function endIds({ config, tokenizer }: Model): Set<number> {
  return new Set([...config.endIds, ...tokenizer.eosIds]);
}
