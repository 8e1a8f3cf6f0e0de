/** The error of a watched step that did not end in time: which file is at fault, and what the user can do. */
import { WATCH_BOUND, type WatchedStep } from "../domain/watch";
import { AppError } from "./errors";

const FAULT = {
  tokenizer: {
    file: "the tokenizer (tokenizer.json)",
    remedy: "Try a shorter text, or use the tokenizer that was published with the model.",
  },
  template: { file: "the chat template", remedy: "Generate without the chat template." },
} as const;

/** AppError `too-slow`, naming the model and the file. `bound` in milliseconds. */
export function overdue({ kind, model }: WatchedStep, bound = WATCH_BOUND): AppError {
  const { file, remedy } = FAULT[kind];
  const message = `${model}: ${file} was still running after ${bound / 1000} s and was stopped; it may never end.`;
  return new AppError("too-slow", message, remedy, { model, step: kind });
}
