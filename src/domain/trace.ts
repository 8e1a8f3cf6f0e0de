/** Causal tracing (ROME, section 2): request, result and the partial rows that arrive meanwhile. */
import type { WeightsInUse } from "./generation";
import type { Token, TokenChoice } from "./model";

export type TraceKind = "state" | "mlp" | "attention";
export type SeverKind = "mlp" | "attention";

export type SubjectSpan = { text: string; start: number; end: number };

export type TraceRequest = {
  prompt: string;
  /** The subject by its text, or by its character span when it occurs more than once. */
  subject: string | { start: number; end: number };
  /** Text whose first token is scored; by default the model's own best next token. */
  answer?: string;
  kind: TraceKind;
  /** Layers restored together for `mlp` and `attention` (paper: 10). Ignored for `state`. */
  window: number;
  samples: number;
  /** `3sigma`: three standard deviations of the subjects' embeddings; or an absolute level. */
  noise: "3sigma" | number;
  /** Noise given by the caller, already scaled: [samples, subject tokens, d], row-major. */
  noiseValues?: Float32Array<ArrayBuffer>;
  seed: number;
  sever?: SeverKind;
  /** Which noise the recorded outputs of a severed trace come from (algorithms.md 1.4). */
  severedNoise: "published" | "same";
  /** One full pass per cell: the slow twin of the sweep. */
  naive: boolean;
  /** `base`: trace the model as it was before any edit (for the difference). By default the weights in use. */
  weights?: WeightsInUse;
};

/** One finished row of the heatmap: a token, every layer. */
export type TracePartial = {
  tokens: Token[];
  subject: { start: number; end: number };
  answer: { id: number; text: string };
  clean: number;
  corrupted: number;
  layers: number;
  token: number;
  scores: number[];
  spread: number[];
};

export type TraceWarning =
  "answer-is-punctuation" | "trailing-space" | "noise-changes-nothing" | "answer-not-likeliest";

export type TraceResult = {
  prompt: string;
  tokens: Token[];
  /** Token positions, end exclusive. */
  subject: { start: number; end: number; text: string };
  answer: { id: number; text: string };
  /** Probability of the answer in the clean run and its mean over the corrupted runs. */
  clean: number;
  corrupted: number;
  corruptedSamples: number[];
  noise: { level: number; sigma: number; seed: number };
  kind: TraceKind;
  window: number;
  sever?: SeverKind;
  /** [token][layer]: mean probability of the answer with that state restored, and its standard deviation. */
  scores: number[][];
  spread: number[][];
  peak: { token: number; layer: number; score: number };
  next: TokenChoice[];
  warnings: TraceWarning[];
  milliseconds: number;
};

/** What a token is to the fact: rows of an average over prompts (ROME figure 2; algorithms.md 1.5). */
export type TokenRole = "firstSubject" | "middleSubject" | "lastSubject" | "firstAfter" | "further" | "last";

export type TracedFact = {
  prompt: string;
  subject: TraceRequest["subject"];
  /** The right answer; facts that the model answers otherwise are left out. Absent: its own best next token. */
  answer?: string;
};

export type TraceAverageRequest = {
  facts: readonly TracedFact[];
  kinds: readonly TraceKind[];
  window: number;
  samples: number;
  noise: "3sigma" | number;
  seed: number;
};

/** A mean with the half width of its 95 % interval, 1.96 · s / √n. */
export type Average = { mean: number; interval: number; count: number };

/** `effect`: restored minus corrupted probability, each observation minus its own prompt's; `score`: restored alone. */
export type AverageCell = { effect: Average; score: number };

export type TraceAverageResult = {
  /** Facts that were traced, and those left out with the reason. */
  facts: number;
  skipped: { index: number; prompt: string; reason: string }[];
  clean: Average;
  corrupted: Average;
  /** Clean minus corrupted: the average total effect. */
  total: Average;
  noise: { level: number; sigma: number; seed: number };
  window: number;
  samples: number;
  layers: number;
  roles: TokenRole[];
  /** One per kind; `cells` [role][layer], an empty list for a role that no prompt has. */
  maps: { kind: TraceKind; cells: AverageCell[][] }[];
  milliseconds: number;
};

export type CellRequest = { trace: TraceRequest; token: number; layer: number; top: number };
/** The likeliest next tokens (mean probability over the samples) with one state restored. */
export type CellResult = { top: { id: number; text: string; p: number }[] };
