/**
 * A model's chat template applied to messages. Templates are programs out of the model's files: chatTemplate.ts gives
 * them a budget, and the lab's tokenizer runs them where a watch can end them (lab/watchedTokenizer.ts).
 */
import { AppError } from "../lib/errors";
import type { Tokenizer } from "./tokenizer/tokenizer";

export type ChatMessage = { role: "system" | "user" | "assistant"; content: string };

/** Longer than any published template by far. */
const MAX_TEMPLATE = 100_000;

/** The text that asks the model to answer one message of the user. */
export function chatPrompt(tokenizer: Tokenizer, message: string): string {
  return renderChat(tokenizer, [{ role: "user", content: message }]);
}

/**
 * The whole conversation as text, special tokens included, up to where the assistant's answer begins. Encode it
 * without adding specials. Throws `bad-request` when the model has no template, `bad-tokenizer` when it fails.
 */
export function renderChat(tokenizer: Tokenizer, messages: readonly ChatMessage[]): string {
  const { chatTemplate } = tokenizer;
  if (chatTemplate === undefined) {
    throw new AppError("bad-request", "This model has no chat template.", "Write the prompt as plain text.");
  }
  if (chatTemplate.length > MAX_TEMPLATE) throw broken(`it is ${chatTemplate.length} characters long`);
  try {
    return tokenizer.applyChatTemplate({
      messages: messages.map((message) => ({ ...message })),
      add_generation_prompt: true,
      bos_token: textOf(tokenizer, tokenizer.bosId),
      eos_token: textOf(tokenizer, tokenizer.eosIds[0]),
    });
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw broken(error instanceof Error ? error.message : String(error));
  }
}

const textOf = (tokenizer: Tokenizer, id: number | undefined): string =>
  id === undefined ? "" : tokenizer.tokenText(id);

function broken(reason: string): AppError {
  const remedy = "Generate without the chat template.";
  return new AppError("bad-tokenizer", `The model's chat template cannot be used: ${reason}.`, remedy, {
    reason,
  });
}
