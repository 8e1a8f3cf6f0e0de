/** What `trace` and `trace-average` read alike. */
import type { TraceKind } from "../domain/trace";
import { AppError } from "../lib/errors";

/** The contract's words for what is restored, and back. */
export const TRACE_KINDS: Readonly<Record<string, TraceKind>> = {
  state: "state",
  mlp: "mlp",
  attn: "attention",
};
export const SHORT_KINDS: Readonly<Record<TraceKind, string>> = {
  state: "state",
  mlp: "mlp",
  attention: "attn",
};

/** @throws AppError usage */
export function readNoise(word: string | undefined): "3sigma" | number {
  if (word === undefined || word === "3sigma") return "3sigma";
  const level = Number(word);
  if (word.trim() !== "" && Number.isFinite(level) && level >= 0) return level;
  throw new AppError("usage", `--noise takes 3sigma or a number, not “${word}”.`);
}
