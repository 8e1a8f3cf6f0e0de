/** What all edits together have done to a model beyond their own facts, as a light with its reasons. */

/** Green, amber, red. */
export type DamageLevel = "sound" | "worn" | "broken";

/**
 * `neighbours`: what the edits' own neighbours keep of their answers. `facts`: the same of facts no edit is about.
 * `perplexity`: on held text, as a multiple of the checkpoint's. `drift`: mean Kullback-Leibler divergence of
 * next-token distributions at fixed prompts, checkpoint against now, in nats. `norm`: the largest ‖W − W₀‖ / ‖W₀‖.
 */
export type DamageKind = "neighbours" | "facts" | "perplexity" | "drift" | "norm";

export type DamageMeasure = {
  kind: DamageKind;
  /** The number that is compared with the bounds. */
  value: number;
  /** What the checkpoint gives and what the weights in use give, where the value is made of two. */
  base: number | null;
  now: number | null;
  /** Beyond `amber` the model is worn, beyond `red` broken; below them for `neighbours` and `facts`. */
  amber: number;
  red: number;
  level: DamageLevel;
  /** Prompts, tokens or weights behind it. */
  count: number;
};

export type DamageReport = {
  level: DamageLevel;
  measures: DamageMeasure[];
  /** Edits switched on, and the hash of the weights this was measured on. */
  edits: number;
  weightHash: string;
  milliseconds: number;
};
