/** How far an edit reaches beyond its own fact, ranked and put into words. Pure. */
import type { PredictedInterference } from "../../domain/edit";

/** The strongest first, whichever way they point; shares that are no numbers (a key of length zero) are left out. */
export function ranked(found: readonly PredictedInterference[]): PredictedInterference[] {
  return found
    .filter(({ share }) => Number.isFinite(share))
    .toSorted((a, b) => Math.abs(b.share) - Math.abs(a.share));
}

/** `+0.27`, with a real minus. */
export const signed = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(share).toFixed(2)}`;

/** What the longest bar says, as parts of a sentence; the names come from a model's prompts. */
export type Reach = { other: string; own: string; percent: string; isAway: boolean };

export function furthestReach(
  found: readonly PredictedInterference[],
  own: string | undefined,
): Reach | undefined {
  const [first] = ranked(found);
  if (first === undefined || own === undefined) return undefined;
  const percent = `${Math.round(Math.abs(first.share) * 100)}\u00a0%`;
  return { other: first.subject, own, percent, isAway: first.share < 0 };
}
