/** How many requests one entry of the retention by age stands for. Pure. */

/** More entries than this could not be told apart in a curve, and every point of a sequence keeps its own. */
const MOST_ENTRIES = 50;
/** Where nothing is edited between two measurements. */
const USUAL = 10;

/** A multiple of what is edited between two points, so that entries of different points begin at the same requests. */
export function retentionStep(edits: number, every: number): number {
  const step = every || USUAL;
  return step * Math.max(1, Math.ceil(edits / (step * MOST_ENTRIES)));
}
