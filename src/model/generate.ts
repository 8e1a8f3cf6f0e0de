/** A prompt's continuation as text, written while it is computed. */
import type { GeneratePartial, GenerateRequest, GenerateResult } from "../domain/generation";
import type { CallContext } from "../domain/progress";
import { AppError } from "../lib/errors";
import { consult, recitedAt, reciteInto, type Consulted } from "./around";
import { continueTokens } from "./continueTokens";
import { oneRow } from "./forward";
import type { Model } from "./model";
import { createSampler, type Sampler } from "./sampling";
import { StopTexts } from "./stopTexts";
import { addedText, TextStream } from "./textStream";
import { likeliestTokens } from "./tokenChoices";

/**
 * Continues `prompt` (with `chat`: a text the chat template has made, which brings its own special tokens) until
 * `maxTokens`, a stop text, the end token or the context's end. Reports the text so far after every token.
 * `consulted`: what stands around the model has been asked already, as with a template it must be.
 * Throws `empty-prompt`, `prompt-too-long`, `cancelled`.
 */
export async function generate(
  model: Model,
  request: GenerateRequest & { consulted?: Consulted },
  { signal, onProgress }: CallContext<GeneratePartial>,
): Promise<GenerateResult> {
  const { prompt, maxTokens, top, chat } = request;
  const { prompt: seen, recite } = request.consulted ?? (await consult(model, prompt, signal));
  const { ids: promptIds, tokens: seenTokens } = model.tokenizer.encode(seen, { specials: !chat });
  const tokens = seen === prompt ? seenTokens : model.tokenizer.encode(prompt, { specials: !chat }).tokens;
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
    sampler: recitingSampler(createSampler(request), recite),
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
  const around = { ...(seen !== prompt && !chat && { seen }), ...(recite && { recited: true as const }) };
  return { prompt, ...around, tokens, next: next ?? [], completion: { ids, text }, tokensPerSecond };
}

/** Says the recitation's tokens while they are chosen one after the other, then leaves the word to the model. */
function recitingSampler(sampler: Sampler, recite: Int32Array | undefined): Sampler {
  const said: number[] = [];
  return (logits) => {
    const wanted = recitedAt(recite, said, said.length);
    if (wanted !== undefined) reciteInto(logits, wanted);
    const id = sampler(logits);
    said.push(id);
    return id;
  };
}

function endIds({ config, tokenizer }: Model): Set<number> {
  return new Set([...config.endIds, ...tokenizer.eosIds]);
}
