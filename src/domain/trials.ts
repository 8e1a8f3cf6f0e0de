/** Edits made to be looked at and taken back: the same requests by several methods, or at every layer. */
import type { EditCall, EditMethod, EditRequest, Probe, Settings, UpdateSummary } from "./edit";
import type { ErrorReport } from "./errors";

/** Of all probes of one kind: how many came out as hoped, and the mean probability of the answer that should win. */
export type KindScore = { good: number; count: number; p: number };

/** Null: the requests bring no such probe. */
export type TrialScores = {
  rewrite: KindScore | null;
  paraphrase: KindScore | null;
  neighbourhood: KindScore | null;
};

/** What one trial came to; a method that refuses or fails says so and the others go on. */
export type TrialOutcome =
  | {
      status: "done";
      scores: TrialScores;
      probes: Probe[];
      updates: UpdateSummary[];
      warnings: string[];
      milliseconds: number;
    }
  | { status: "failed"; error: ErrorReport };

export type DuelEntry = { method: EditMethod; settings: Settings };

export type DuelRequest = { entries: readonly DuelEntry[]; requests: readonly EditRequest[]; seed: number };

/** In the order of the entries; while it runs, those that are finished. Every one on the untouched base. */
export type DuelResult = {
  /** The same probes before any edit. */
  before: TrialScores;
  entries: (DuelEntry & TrialOutcome)[];
  milliseconds: number;
};

/** `layers`: where to edit, one after the other; all by default. The call's own layer makes way. */
export type SweepRequest = { call: EditCall; layers?: readonly number[] };

/** One trial per layer on the weights in use; while it runs, those that are finished. */
export type SweepResult = {
  method: EditMethod;
  before: TrialScores;
  layers: ({ layer: number } & TrialOutcome)[];
  milliseconds: number;
};
