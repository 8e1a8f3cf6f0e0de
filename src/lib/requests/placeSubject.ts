/** Benchmarks write the subject out, or use it several times, or not at all; the lab wants one `{}`. Pure. */

export type PlacedPrompt = { prompt: string; subject: string };

/**
 * The subject's last mention becomes the place. Where it is never mentioned the whole text stands in its place, so that
 * methods that edit at the subject's end then edit at the prompt's.
 */
export function placeSubject(prompt: string, subject: string): PlacedPrompt {
  const trimmed = prompt.trimEnd();
  if (trimmed.split("{}").length === 2) return { prompt: trimmed, subject };
  const at = subject === "" ? -1 : trimmed.lastIndexOf(subject);
  if (at < 0 || trimmed.includes("{}")) return { prompt: "{}", subject: trimmed };
  return { prompt: `${trimmed.slice(0, at)}{}${trimmed.slice(at + subject.length)}`, subject };
}
