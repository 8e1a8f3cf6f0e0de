import type { Token, TokenChoice } from "./model";

/** Which weights a question is put to: those in use (base + enabled edits), or the untouched checkpoint. */
export type WeightsInUse = "edited" | "base";

export type GenerateRequest = {
  prompt: string;
  maxTokens: number;
  /** How many of the likeliest next tokens to report for the prompt's last position. */
  top: number;
  /** 0 is greedy. */
  temperature: number;
  topK?: number;
  topP?: number;
  seed: number;
  /** Wrap the prompt in the tokenizer's chat template as one user message. */
  chat: boolean;
  /** Generation ends before any of these texts, and at the model's end-of-text token unless `ignoreEnd`. */
  stop: readonly string[];
  ignoreEnd: boolean;
  /** Say when the prompt names nothing that the model was taught. */
  withFamiliarity?: boolean;
  /** `base`: answer as the model did before any edit, whatever is switched on. By default the weights in use. */
  weights?: WeightsInUse;
};

export type GenerateResult = {
  prompt: string;
  /** What the model read, where an edit put something in front of the prompt (IKE). */
  seen?: string;
  /** An edit's answer was given in the model's place (SERAC). */
  recited?: true;
  /** The prompt names no subject of the facts that the model was taught; so many these are. */
  unfamiliarAmong?: number;
  tokens: Token[];
  next: TokenChoice[];
  completion: { ids: number[]; text: string };
  tokensPerSecond: number;
};

/** Sent with progress while text is being written. */
export type GeneratePartial = { text: string };

export type ScoreRequest = { prompt: string; target: string };

/** Teacher-forced: the target's tokens, each with its log-probability and rank (1 = best). `p` is their product. */
export type ScoreResult = {
  /** What the model read before the target, where an edit put something in front; `tokens` are those of this text. */
  seen?: string;
  recited?: true;
  tokens: Token[];
  target: (TokenChoice & { rank: number })[];
  p: number;
};
