/** A question and its long answer as token ids (algorithms.md 8.4, 9.4): concatenated, never tokenised again together. */
import type { EditRequest, Settings } from "../domain/edit";
import { AppError } from "../lib/errors";
import { chatPrompt } from "../model/chat";
import type { Model } from "../model/model";
import { chunksOf } from "./chunks";
import { withoutEndTokens } from "./factToken";

export type LongText = { question: Int32Array; answer: Int32Array; answerText: string };

export type LongTextOptions = {
  /** Wrap the question in the model's chat template. */
  chat: boolean;
  /** The answer ends with the model's end-of-text token, so that generation stops there. */
  endOfText: boolean;
};

/** Throws AppError `prompt-too-long`, `bad-request` (no chat template). */
export function longText(model: Model, request: EditRequest, { chat, endOfText }: LongTextOptions): LongText {
  const { tokenizer, config } = model;
  const asked = request.prompt.replace("{}", () => request.subject);
  const question = chat
    ? tokenizer.encode(chatPrompt(tokenizer, asked), { specials: false }).ids
    : withoutEndTokens(tokenizer, asked).ids;
  const spaced = chat || /^\s/.test(request.targetNew) ? request.targetNew : ` ${request.targetNew}`;
  const { ids } = tokenizer.encode(spaced, { specials: false });
  const [end] = tokenizer.eosIds;
  const closed = !endOfText || end === undefined || ids.at(-1) === end;
  const answer = closed ? ids : Int32Array.from([...ids, end]);
  const positions = question.length + answer.length;
  if (positions <= config.contextLength) return { question, answer, answerText: spaced };
  throw new AppError(
    "prompt-too-long",
    `The question with its answer has ${positions} tokens; this model reads at most ${config.contextLength}.`,
    "Shorten the answer.",
    { positions, contextLength: config.contextLength, field: "target" },
  );
}

/** The question and answer under a method's own settings. Throws AppError `prompt-too-long`, `bad-request`. */
export function readLongText(model: Model, request: EditRequest, settings: Settings): LongText {
  const { chat, endOfText } = settings;
  return longText(model, request, { chat: chat === true, endOfText: endOfText === true });
}

/**
 * What can be said against a long text before any work: that it does not fit with its chat template and its end, that the
 * model has no template, or that it cannot be cut at the request's own places. Throws AppError `prompt-too-long`, `bad-request`.
 */
export function checkLongText(model: Model, request: EditRequest, settings: Settings): void {
  chunksOf(model.tokenizer, readLongText(model, request, settings), request.cuts, settings);
}
