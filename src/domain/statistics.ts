/** Second moments of MLP keys, C = E[k kᵀ] (ROME section 3.1). */

export type StatisticsRequest = {
  layers: readonly number[];
  /** Texts to run; the model's own shipped corpus when absent. Each entry is one document. */
  texts?: readonly string[];
  /** Also return the statistics file's bytes. */
  asFile?: boolean;
};

export type LayerStatistics = {
  layer: number;
  tokens: number;
  /** Largest over smallest eigenvalue (estimate); Infinity when singular. */
  condition: number;
  /** Relative change of C over the documents' last half, by checkpoint: the convergence line. */
  convergence: { tokens: number; change: number }[];
  /** Ridge added before solving, relative to tr(C)/f; 0 when none was needed. */
  ridge: number;
};

export type StatisticsResult = {
  layers: LayerStatistics[];
  textHash: string;
  file?: Uint8Array<ArrayBuffer>;
  milliseconds: number;
};
