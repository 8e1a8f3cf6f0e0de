/**
 * Which tokens the subject is: the whole prompt is tokenised once and every token that shares a character with the
 * subject counts (algorithms.md 0.4), so that a token's leading space or a split character makes no difference.
 */
import type { Token } from "../domain/model";
import type { SubjectSpan, TraceRequest } from "../domain/trace";
import { AppError } from "../lib/errors";

/** Token positions, end exclusive. */
export type TokenRange = { start: number; end: number };

/**
 * Where the subject stands in the prompt, in UTF-16 units.
 * @throws AppError `subject-not-in-prompt`; `subject-ambiguous` with the occurrences in `details.spans`
 */
export function findSubject(prompt: string, subject: TraceRequest["subject"]): SubjectSpan {
  if (typeof subject !== "string") return checkSpan(prompt, subject);
  const spans = occurrences(prompt, subject);
  const [only] = spans;
  if (only === undefined) {
    const message = `The subject “${subject}” is not in the prompt “${prompt}”.`;
    throw new AppError("subject-not-in-prompt", message, "Use the exact words of the prompt.", {
      subject,
      prompt,
    });
  }
  if (spans.length > 1) {
    const message = `“${subject}” stands ${spans.length} times in the prompt.`;
    throw new AppError("subject-ambiguous", message, "Say which one is meant.", { subject, prompt, spans });
  }
  return only;
}

/**
 * The tokens that overlap a span of the text.
 * @throws AppError `subject-not-in-prompt` when no token does
 */
export function tokensOfSpan(tokens: readonly Token[], span: { start: number; end: number }): TokenRange {
  const overlaps = ({ start, end }: Token): boolean => start < span.end && end > span.start;
  const start = tokens.findIndex(overlaps);
  const end = tokens.findLastIndex(overlaps) + 1;
  if (start < 0) {
    const message = `Characters ${span.start} to ${span.end} of the prompt belong to no token.`;
    throw new AppError("subject-not-in-prompt", message, "Choose a longer stretch of the prompt.", { span });
  }
  return { start, end };
}

function checkSpan(prompt: string, { start, end }: { start: number; end: number }): SubjectSpan {
  const inside =
    Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= prompt.length;
  if (inside) return { text: prompt.slice(start, end), start, end };
  const message = `The subject's span ${start}–${end} is not inside the prompt of ${prompt.length} characters.`;
  throw new AppError("subject-not-in-prompt", message, "Mark the subject in the prompt again.", {
    start,
    end,
  });
}

function occurrences(prompt: string, subject: string): SubjectSpan[] {
  const spans: SubjectSpan[] = [];
  if (subject === "") return spans;
  for (let start = prompt.indexOf(subject); start >= 0; start = prompt.indexOf(subject, start + 1)) {
    spans.push({ text: subject, start, end: start + subject.length });
  }
  return spans;
}
