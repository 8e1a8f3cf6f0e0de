/** Stopping a job: one check that every loop makes. */
import { AppError } from "./errors";

/** Throws AppError `cancelled` when the job's signal has been aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError("cancelled", "The job was cancelled.");
}
