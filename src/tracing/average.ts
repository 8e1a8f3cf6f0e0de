/**
 * Averages over many traced facts, aligned by what each token is to its fact (algorithms.md 1.5). A token can have two
 * roles: a subject of one token is first and last, one token after it is first after and last. Pure.
 */
import type { Average, AverageCell, TokenRole, TraceResult } from "../domain/trace";
import { range } from "../lib/range";
import { meanAndSpread } from "./scores";

export const TOKEN_ROLES: readonly TokenRole[] = [
  "firstSubject",
  "middleSubject",
  "lastSubject",
  "firstAfter",
  "further",
  "last",
];

/** Half the width of a 95 % interval in standard errors. */
const STANDARD_ERRORS = 1.96;

/** Positions of each role in a prompt of `count` tokens whose subject is [start, end); every one an observation. */
export function tokensOfRoles(
  { start, end }: { start: number; end: number },
  count: number,
): Record<TokenRole, number[]> {
  return {
    firstSubject: [start],
    middleSubject: range(start + 1, end - 1),
    lastSubject: [end - 1],
    firstAfter: end < count ? [end] : [],
    further: range(end + 1, count - 1),
    last: [count - 1],
  };
}

/** Mean and 95 % interval of values that are taken as independent. */
export function averageOf(values: readonly number[]): Average {
  const { mean, spread } = meanAndSpread(values);
  return { mean, interval: (STANDARD_ERRORS * spread) / Math.sqrt(values.length), count: values.length };
}

/** Collects traces of one kind; holds numbers only. */
export class TraceAverager {
  readonly #layers: number;
  /** Per role, one row of scores per observation and its prompt's corrupted probability. */
  readonly #observed = new Map<TokenRole, { scores: readonly number[]; corrupted: number }[]>(
    TOKEN_ROLES.map((role) => [role, []]),
  );

  constructor(layers: number) {
    this.#layers = layers;
  }

  add({ scores, subject, corrupted }: Pick<TraceResult, "scores" | "subject" | "corrupted">): void {
    const tokens = tokensOfRoles(subject, scores.length);
    for (const role of TOKEN_ROLES) {
      for (const token of tokens[role]) this.#observed.get(role)!.push({ scores: scores[token]!, corrupted });
    }
  }

  /** [role][layer] in the order of `TOKEN_ROLES`; an empty list for a role that no prompt had. */
  cells(): AverageCell[][] {
    return TOKEN_ROLES.map((role) => {
      const observed = this.#observed.get(role)!;
      if (observed.length === 0) return [];
      return Array.from({ length: this.#layers }, (_, layer) => ({
        effect: averageOf(observed.map(({ scores, corrupted }) => scores[layer]! - corrupted)),
        score: averageOf(observed.map(({ scores }) => scores[layer]!)).mean,
      }));
    });
  }
}
