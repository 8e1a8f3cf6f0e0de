/** Second moments of MLP keys, C = E[k kᵀ] (ROME section 3.1). */
import type { EditCall } from "./edit";

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

/** Which edit's: the method, its settings, and its own second moments where it brings some. */
export type SpectraRequest = Pick<EditCall, "method" | "settings" | "statistics">;

/** C's eigenvalues at the layers that an edit would write, for methods that part them by a threshold (AlphaEdit). */
export type SpectraResult = {
  /** Directions with an eigenvalue below it are free to be written. */
  threshold: number;
  /** Eigenvalues descend; there are as many as a key has dimensions. */
  layers: { layer: number; free: number; eigenvalues: Float64Array<ArrayBuffer> }[];
};
