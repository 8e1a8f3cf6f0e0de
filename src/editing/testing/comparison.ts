/** How a suite compares with published runs: where it finds them, and what its backend may add to their bounds. */
import type { ReadFixture } from "../../model/testing/openFixture";

export type Comparison = {
  read: ReadFixture;
  /** Cases that are not here are skipped, visibly. */
  has(path: string): boolean;
  /** Every bound is the case's own times this: 1 on WASM. */
  slack: number;
  record: RecordError;
};

/** Notes a difference that was found, whether or not it is within its bound. */
export type RecordError = (method: string, name: string, what: string, error: number) => void;

/** Milliseconds that a whole run may take before its tests begin, on a busy machine. */
export const RUN_LIMIT = 300_000;
