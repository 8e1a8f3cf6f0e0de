/** What a running job tells the one who waits. */
export type Progress = {
  /** What is being computed, as a short phrase for the user. */
  note: string;
  /** Work done and work in all, in the job's own unit. `total` 0 means unknown. */
  done: number;
  total: number;
  /** Estimated from the pace so far; absent until there is a pace. */
  secondsLeft?: number;
};

/** Every operation of the lab takes one: how to stop it and where to report. `Partial` results go with progress. */
export type CallContext<Partial = never> = {
  signal: AbortSignal;
  onProgress: (progress: Progress, partial?: Partial) => void;
};
