/** Knowledge in superposition (arXiv 2408.07413; docs/superposition.md): how far facts share directions of key space. */
import type { EditCall } from "./edit";
import type { WeightsInUse } from "./generation";

/** A fact by its prompt with `{}` where the subject stands, or with the subject written out once. */
export type Fact = { prompt: string; subject: string; target?: string };

export type MatrixKind = "interference" | "whiteningCosine" | "activationCosine" | "activation";

export type SuperpositionRequest = {
  facts: readonly Fact[];
  /** All layers when absent. */
  layers?: readonly number[];
  /** Whole matrices to return per layer; none by default, they are large. */
  matrices?: readonly MatrixKind[];
  /** Also an order of the facts in which those that share directions stand together. */
  order?: boolean;
  /** How many of the strongest pairs to name per layer (20). */
  pairs?: number;
  /** Leave out of them the pairs that share a key, which `sameKeys` names: a long list may have more than are named. */
  pairsApart?: boolean;
  /** Added to C before it is inverted, relative to tr(C)/f; by default only what a singular C needs. */
  ridge?: number;
  /** A statistics file to use instead of the lab's own second moments. */
  statistics?: Uint8Array<ArrayBuffer>;
  /** Whose keys: of the weights in use by default, or the checkpoint's own. C is always the checkpoint's. */
  weights?: WeightsInUse;
};

/** A fact that has no key, and why; it is left out of every number. */
export type SkippedFact = {
  index: number;
  subject: string;
  prompt: string;
  reason: FactFault;
  message: string;
};
export type FactFault = "subject-empty" | "subject-not-in-prompt" | "subject-ambiguous" | "prompt-too-long";

/**
 * Two facts that cannot be told apart by their keys: the same text up to the subject's last token, so p is 1 between
 * them whatever the model knows. Both stay in the matrices. `duplicate`: the whole prompt is the same too.
 */
export type SameKey = { index: number; of: number; kind: "duplicate" | "same-beginning" };

/** Of the n (n − 1) entries off the diagonal. Kurtosis is the excess over a normal's, biased: m₄/m₂² − 3. */
export type Distribution = {
  count: number;
  mean: number;
  /** Divided by the count. */
  std: number;
  min: number;
  max: number;
  median: number;
  absoluteMean: number;
  kurtosis: number;
  /** Entries with |value| > 0.9, and the kurtosis of the others; near duplicates dominate the fourth moment. */
  extreme: { count: number; kurtosisWithout: number };
};

/** What is drawn of a distribution. */
export type DistributionShape = {
  /** Thirty bins of equal width from the smallest to the largest value. */
  histogram: number[];
  /** Gaussian kernel, Scott's bandwidth, at a hundred points from the smallest to the largest value. */
  density: { x: number[]; y: number[]; bandwidth: number };
  /** At each level: the value in standard deviations from the mean, and a normal's. */
  quantiles: { level: number; observed: number; normal: number }[];
  /** Share of values further from the mean than so many standard deviations, and a normal's share. */
  tails: { deviations: number; observed: number; normal: number }[];
};

/** p(x, y) for x = fact i being edited and y = fact j, with the cosines of the same pair. Facts by place in `kept`. */
export type FactPair = {
  i: number;
  j: number;
  p: number;
  whiteningCosine: number;
  activationCosine: number;
};

/** How far another ridge moves the numbers: what C's poor condition leaves uncertain. */
export type RidgeEffect = {
  ridge: number;
  /** Largest and root mean square difference of P off the diagonal. */
  largestChange: number;
  rmsChange: number;
  kurtosis: number;
};

export type MomentReport = {
  /** Keys C was averaged over; 0 when the file does not tell. */
  tokens: number;
  /** Largest over smallest eigenvalue of what was inverted (estimate). */
  condition: number;
  /** Used, relative to tr(C)/f. */
  ridge: number;
  ridgeEffects: RidgeEffect[];
};

export type FactMatrix = { kind: MatrixKind; values: Float64Array<ArrayBuffer> };

export type LayerSuperposition = {
  layer: number;
  /** Those of P, once more at hand. */
  kurtosis: number;
  mean: number;
  std: number;
  /** P(x, y) = xᵀC⁻¹y / xᵀC⁻¹x. */
  interference: Distribution & DistributionShape;
  whiteningCosine: Distribution;
  activationCosine: Distribution;
  /** xᵀy, the published code's Q. */
  activation: Distribution;
  /** Between keys in whitened and in raw space, in degrees, from 0 to 180 in 36 bins. */
  angles: { whitening: AngleSummary; activation: AngleSummary };
  /** By falling |p|. */
  pairs: FactPair[];
  moment: MomentReport;
  /** [n, n] row-major, as asked for; row i belongs to the fact that would be edited. */
  matrices: FactMatrix[];
  /** Places in `kept`, facts that share directions side by side. */
  order?: number[];
};

export type AngleSummary = { median: number; histogram: number[] };

export type SuperpositionResult = {
  /** Places in the request's list of the facts in the matrices, in order. */
  kept: number[];
  skipped: SkippedFact[];
  sameKeys: SameKey[];
  layers: LayerSuperposition[];
  /** Sentences for the user: few tokens, a singular C, duplicates. */
  warnings: string[];
  milliseconds: number;
};

/** What an edit about to be made would do to a list of facts, from keys alone. */
export type InterferencePreviewRequest = { call: EditCall; facts: readonly Fact[] };

/**
 * `coefficients` [requests, facts] row-major: the share of request i's own change that falls on fact j.
 * `strength` [facts]: root of the summed squares over requests, for ranking.
 */
export type LayerPreview = {
  layer: number;
  coefficients: Float64Array<ArrayBuffer>;
  strength: Float64Array<ArrayBuffer>;
  /** False above the lowest edited layer: keys there will have moved by the time the layer is written. */
  exact: boolean;
};

/** Answer tokens start … end - 1 of a request, and what they say. */
export type PreviewChunk = { request: number; start: number; end: number; text: string };

export type InterferencePreview = {
  kept: number[];
  skipped: SkippedFact[];
  /** Rows of the coefficients: one per request, or per chunk where answers are cut. */
  requests: number;
  /** What each row stands for, where answers are cut into chunks (AnyEdit). */
  chunks?: PreviewChunk[];
  layers: LayerPreview[];
  warnings: string[];
};

/** An edit of the stack, compared with what its factors say it does to a list of facts. */
export type InterferenceCheckRequest = { id: string; facts: readonly Fact[] };

/** Change of the projection's output at one fact's key: predicted ΔW k and measured, as norms, and their difference. */
export type FactChange = { predicted: number; measured: number; difference: number };

export type LayerCheck = {
  layer: number;
  facts: FactChange[];
  /** ‖predicted − measured‖ / ‖measured‖ over all facts together. */
  relativeError: number;
};

export type InterferenceCheck = {
  kept: number[];
  skipped: SkippedFact[];
  layers: LayerCheck[];
  /** Of each fact's own answer; null where the list names none. */
  probabilities: { before: number | null; after: number | null }[];
};

/**
 * A linear memory made of random keys: `facts` keys of `width` numbers, all with a common part of size `overlap` (0: the
 * keys are orthogonal in whitened space as long as there are no more facts than numbers), edited one after the other.
 */
export type ConstructedMemoryRequest = { facts: number; width: number; overlap: number; seed: number };

/** Losses are ‖W key − value‖ / ‖value‖ over edits in the order they were written. */
export type ConstructedMemory = {
  /** P [facts, facts] row-major. */
  interference: Float64Array<ArrayBuffer>;
  /** At the end, of what each edit wrote: as later edits' shares predict it, and measured. */
  loss: { predicted: number; measured: number }[];
  /** Mean measured loss of all edits so far after each edit. */
  meanLoss: number[];
  largestShare: number;
};

/** A list that a model's folder brings: what it was taught, or what was planted in it afterwards. */
export type FactListName = "own" | "planted";

/** A fact of such a list, with other wordings of its prompt (`{}` where the subject stands). */
export type KnownFact = Fact & { paraphrases: readonly string[] };
