/** Edits as data: requests, factors, the stack, and what an edit did to the probes. */

export type EditMethod =
  | "ROME"
  | "R-ROME"
  | "MEMIT"
  | "EMMET"
  | "PMET"
  | "AlphaEdit"
  | "UnKE"
  | "AnyEdit"
  | "FT-L"
  | "FT-M"
  | "LoRA"
  | "KN"
  | "MEND"
  | "GRACE"
  | "WISE"
  | "IKE"
  | "SERAC";

/** A hyper-parameter's value; lists are layers. */
export type SettingValue = string | number | boolean | readonly number[];
export type Settings = Record<string, SettingValue>;

export type Neighbour = { prompt: string; subject?: string; target?: string };

export type EditRequest = {
  /** Exactly one `{}` where the subject stands; no trailing space. */
  prompt: string;
  subject: string;
  targetNew: string;
  targetTrue?: string;
  paraphrases: readonly string[];
  neighbours: readonly Neighbour[];
  /** Tokens of the answer at which a new chunk begins, in place of the settings' cut; for methods that cut answers. */
  cuts?: readonly number[];
};

/** Hyper-parameters under readable names; `editing/settings` maps the published names to these. */
export type RomeSettings = {
  layer: number;
  steps: number;
  learningRate: number;
  weightDecay: number;
  klFactor: number;
  clampNormFactor: number;
  /** Total loss below which the optimisation stops before the next update. */
  earlyStopLoss: number;
  /** Multiply the key by the inverse second moment. */
  useSecondMoment: boolean;
  /** Which token's state is edited. */
  factToken: "subject_last" | "subject_first" | "subject_first_after_last" | "last";
  /** The key in the update's numerator and denominator (ROME: mean over / bare). */
  key: "published" | "bare" | "mean";
  lossLayer: number;
};

export type OptimisationStep = {
  step: number;
  total: number;
  nll: number;
  kl: number;
  decay: number;
  deltaNorm: number;
  /** Mean probability of the target over the rewriting prompts. */
  targetProbability: number;
};

/** W += U Vᵀ in mathematical orientation, W [out, in]: `u` [out, rank], `v` [in, rank], row-major. */
export type LowRankUpdate = {
  kind: "lowRank";
  /** Canonical name of the weight: `blocks.3.mlpOut`. */
  weight: string;
  out: number;
  in: number;
  rank: number;
  u: Float32Array<ArrayBuffer>;
  v: Float32Array<ArrayBuffer>;
};

/**
 * W += D, for methods that train a whole matrix. `values` [out, in], row-major. A bias or a norm's gain is one too,
 * with `in` 1.
 */
export type DenseUpdate = {
  kind: "dense";
  /** Canonical name of the matrix, or of a vector: `blocks.3.mlpOut.bias`. */
  weight: string;
  out: number;
  in: number;
  values: Float32Array<ArrayBuffer>;
};

export type WeightUpdate = LowRankUpdate | DenseUpdate;

/**
 * Keys of the facts an edit wrote, with its weights in place: later edits of methods with a memory (AlphaEdit,
 * sequential MEMIT) leave them alone. `values` [count, width], row-major.
 */
export type KeptKeys = { layer: number; count: number; width: number; values: Float32Array<ArrayBuffer> };

/**
 * Beside one linear map: at a token whose input lies within an entry's radius of its key, the map's output is the entry's
 * value (GRACE). It holds the entries of earlier edits too; the highest enabled one of a map is in use.
 */
export type Codebook = {
  /** Canonical name of the map. */
  weight: string;
  in: number;
  out: number;
  entries: readonly CodebookEntry[];
  /** The one position that is compared with the keys, or the last of a shorter pass (the published code); missing: all are. */
  place?: number;
};

/** Never changed once made: successive edits' codebooks share the entries that they have in common. */
export type CodebookEntry = {
  /** [in] and [out]. */
  readonly key: Float32Array<ArrayBuffer>;
  readonly value: Float32Array<ArrayBuffer>;
  readonly radius: number;
  readonly label: CodebookLabel;
};

/** An answer's tokens, and how many tokens its prompt had. */
export type CodebookLabel = { answer: number[]; promptLength: number };

/** `length` numbers. Where there is a mask, a bit an entry in int32s, `values` holds only the marked ones; the others are +0. */
export type PackedEntries = {
  length: number;
  mask?: Int32Array<ArrayBuffer>;
  values: Float32Array<ArrayBuffer>;
};

/** A copy of a linear map, as its difference from the map: `values` [out, in], row-major. */
export type Shard = {
  entries: PackedEntries;
  /** The smallest activation distance that a fact written into it had. */
  closest: number;
};

/**
 * Beside one linear map: copies of it that were trained on facts (WISE). What lies far enough, in activation, between the
 * map and a copy is answered by the copy. It holds what earlier edits wrote too; the highest enabled one of a map is in use.
 */
export type SideMemory = {
  /** Canonical name of the map. */
  weight: string;
  in: number;
  out: number;
  /** Distances are measured behind this function, the model's own. */
  activation: "gelu" | "gelu_new" | "gelu_tanh" | "silu";
  /** Each token goes its own way, or a text all of one way. */
  routing: "token" | "text";
  /** Share of `closest` from which on a copy answers. */
  actRatio: number;
  /** Facts written, those of earlier edits included. */
  facts: number;
  /** Draws the entries that the open copy may change. */
  maskSeed: number;
  /** The copy being written, unless it was just closed. */
  open?: Shard;
  closed: Shard[];
};

/** A logistic regression: how alike two questions are (cosine), and whether one names the other's subject. */
export type ScopeWeights = { bias: number; likeness: number; named: number };

/**
 * Around the model: facts that are looked up for a prompt before the model reads it. `context`: the fact, with examples of
 * its use, is put in front (IKE). `recite`: its answer is given in the model's place (SERAC).
 */
export type EditMemory = {
  use: "context" | "recite";
  /** What compared the texts: vectors of different encoders are not comparable. */
  encoder: string;
  width: number;
  /** Least cosine between a prompt and a fact's for the fact to be put in front; -1 puts the nearest there always. */
  reach: number;
  /** Decides whether a prompt is in a fact's scope, where answers are recited. */
  scope?: ScopeWeights & { threshold: number };
  /** `demonstrations` are the texts in front, in their order; whole lines, ready to be joined. */
  facts: { prompt: string; subject: string; answer: string; demonstrations: string[] }[];
  /** [facts, width]: unit vectors from `centre` [width] towards the facts' prompts. */
  keys: Float32Array<ArrayBuffer>;
  centre: Float32Array<ArrayBuffer>;
};

/** A changed fact as an example: the same in other words, and a neighbour that keeps its answer. */
export type DemonstrationRecord = {
  prompt: string;
  target: string;
  paraphrase?: string;
  neighbour?: { prompt: string; answer: string };
  subject?: string;
  /** Another question about the same subject. */
  other?: string;
};

export type UpdateSummary = { weight: string; rank: number; norm: number; relativeNorm: number };

/** Inputs that a caller may bring to an edit in place of the lab's own, and that the edit itself does not hold. */
export type BroughtInput = "statistics" | "hyperNetwork" | "preserve" | "demonstrations";

/** What is known of an edit without its tensors. Lists, saves and state lines show this. */
export type EditSummary = {
  id: string;
  name: string;
  method: EditMethod;
  settings: Settings;
  requests: EditRequest[];
  updates: UpdateSummary[];
  losses: OptimisationStep[][];
  /** The model's hash, and how many enabled edits lay below, when this edit was computed. */
  base: { modelHash: string; below: number };
  seed: number;
  statisticsHash: string;
  contexts: readonly string[];
  /** What the caller brought and the method used: without it the edit cannot be computed again as it was. */
  brought?: readonly BroughtInput[];
  created: string;
  enabled: boolean;
  /** True when the enabled edits below are no longer those it was computed on. */
  onOtherBase: boolean;
};

export type StackState = {
  edits: EditSummary[];
  /** Hash over the weights in use; equals the base hash when no edit is on. */
  weightHash: string;
  /** 'base model' or 'base + n edits'. */
  line: string;
};

export type ProbeKind = "rewrite" | "paraphrase" | "neighbourhood";

/** One prompt before or after: probabilities are products over the answer's tokens. */
export type ProbeSide = { pNew: number; pTrue: number | null; newIsGreedy: boolean; best: string };
export type Probe = { kind: ProbeKind; prompt: string; target: string; before: ProbeSide; after: ProbeSide };

/** The steps so far of vector number `vector`, counted over all requests and their chunks. */
export type EditPartial = { losses: OptimisationStep[]; vector: number };

/** One token of a long answer, told what comes before it: its probability, and whether no other token is likelier. */
export type TargetToken = {
  text: string;
  before: { p: number; best: boolean };
  after: { p: number; best: boolean };
};

export type EditCall = {
  method: EditMethod;
  requests: readonly EditRequest[];
  /** By readable or published name; unknown names are refused with the nearest known one. */
  settings: Settings;
  /** Context templates with one `{}` each; sampled from the model with `seed` when absent. */
  contexts?: readonly string[];
  seed: number;
  name?: string;
  /** A statistics file to use instead of the lab's own second moments. */
  statistics?: Uint8Array<ArrayBuffer>;
  /** A hyper-network's file for methods that need one; the model's own when absent. */
  hyperNetwork?: Uint8Array<ArrayBuffer>;
  /** Texts whose hidden states should stay, for methods that train on them; drawn from the model's own when absent. */
  preserve?: readonly string[];
  /** Examples for methods around the model; by default the lab's own. */
  demonstrations?: readonly DemonstrationRecord[];
  /** Also return every intermediate, for checking. */
  intermediates?: boolean;
};

/** A named array on its way to a file. */
export type NamedTensor = {
  name: string;
  shape: readonly number[];
  values: Float32Array | Float64Array | Int32Array;
};

/**
 * The share of the edit's change that falls on another fact, known before the edit from its key alone:
 * p = (k_other · u) / (k_edited · u).
 */
export type PredictedInterference = { prompt: string; subject: string; share: number };

export type EditResult = {
  method: EditMethod;
  settings: Settings;
  requests: {
    subject: string;
    prompt: string;
    target: string;
    before: { p: number; rank: number };
    after: { p: number; rank: number };
    loss: OptimisationStep[];
    /** Of methods for long answers. */
    tokens?: TargetToken[];
  }[];
  /** Of every optimised vector, where a request has several (the chunks of a long answer). */
  losses?: OptimisationStep[][];
  updates: UpdateSummary[];
  probes: Probe[];
  generations: { prompt: string; before: string; after: string }[];
  /** Sentences for the user: small k·u, large norm, target not reached. */
  warnings: string[];
  stack: StackState;
  editId: string;
  predictedInterference: PredictedInterference[];
  intermediates?: NamedTensor[];
  milliseconds: number;
};
