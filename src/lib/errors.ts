/**
 * The two kinds of failure: the user's (`AppError`, has a code, a cause and a remedy) and ours (`invariant`).
 * Errors cross the worker's border as `ErrorReport` and arrive as the same class.
 */
import type { ErrorCode, ErrorReport } from "../domain/errors";

/** A failure the user can understand and act on. `message` names the cause, `remedy` says what to do. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, remedy = "", details: Record<string, unknown> = {}) {
    super(bounded(message));
    this.code = code;
    this.remedy = remedy;
    this.details = details;
  }
}

/** Messages quote names out of files, and a file can hold a name of any length. */
const LONGEST_MESSAGE = 600;
const KEPT_END = 100;

/** The message with its middle left out when it is longer than anyone reads. */
function bounded(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  return `${message.slice(0, LONGEST_MESSAGE - KEPT_END)} … ${message.slice(-KEPT_END)}`;
}

/** Turns anything thrown into plain data that survives `postMessage` and JSON. */
export function toErrorReport(error: unknown): ErrorReport {
  if (error instanceof AppError) {
    return { code: error.code, message: error.message, remedy: error.remedy, details: { ...error.details } };
  }
  if (error instanceof DOMException && error.name === "AbortError") {
    return { code: "cancelled", message: "The job was cancelled.", remedy: "", details: {} };
  }
  const message = error instanceof Error ? error.message : String(error);
  const remedy = "This is a bug in Palimpsest. Nothing you made is lost; reload and try again.";
  return {
    code: "internal",
    message,
    remedy,
    details: { stack: error instanceof Error ? error.stack : undefined },
  };
}

/** The inverse of `toErrorReport`. */
export function fromErrorReport(report: ErrorReport): AppError {
  return new AppError(report.code, report.message, report.remedy, report.details);
}

/** States what the code relies on; a violation is a bug, not a user's mistake. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}
