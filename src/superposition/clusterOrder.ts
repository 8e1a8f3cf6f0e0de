/**
 * An order of facts in which those that share directions stand side by side: average-linkage clustering of 1 − cosine
 * by chains of nearest neighbours (Murtagh 1983), O(n²), leaves turned so that the ends that meet are alike.
 */
import type { Steps } from "../linalg/steps";

/** Distances looked at between two pauses. */
const WORK_PER_STEP = 4_000_000;

type Clusters = {
  n: number;
  /** [n, n]; rows and columns of merged clusters are those of the one that stays. */
  distances: Float32Array;
  sizes: Int32Array;
  /** Clusters that are left: the first `count` entries, in no order, and where each stands among them. */
  active: Int32Array;
  place: Int32Array;
  count: number;
  leaves: (number[] | undefined)[];
};

/** `cosines` [n, n], symmetric. A permutation of 0 … n − 1. */
export function* clusterOrderSteps(cosines: Float64Array, n: number): Steps<number[]> {
  if (n === 0) return [];
  const clusters: Clusters = {
    n,
    distances: Float32Array.from(cosines, (cosine) => 1 - cosine),
    sizes: new Int32Array(n).fill(1),
    active: Int32Array.from({ length: n }, (_, at) => at),
    place: Int32Array.from({ length: n }, (_, at) => at),
    count: n,
    leaves: Array.from({ length: n }, (_, leaf) => [leaf]),
  };
  const chain: number[] = [];
  let work = 0;
  for (let merged = 0; merged < n - 1;) {
    if (chain.length === 0) chain.push(clusters.active[0]!);
    const top = chain.at(-1)!;
    const before = chain.at(-2);
    const nearest = nearestOf(clusters, top, before);
    if (nearest === before) {
      chain.length -= 2;
      merge(clusters, before, top, cosines);
      merged++;
    } else chain.push(nearest);
    work += clusters.count;
    if (work > WORK_PER_STEP) {
      work = 0;
      yield;
    }
  }
  return clusters.leaves[clusters.active[0]!]!;
}

/** Of equal ones the cluster the chain came from, so that it ends. */
function nearestOf(
  { n, distances, active, count }: Clusters,
  from: number,
  preferred: number | undefined,
): number {
  let best = preferred ?? -1;
  let least = preferred === undefined ? Infinity : distances[from * n + preferred]!;
  const row = from * n;
  for (let at = 0; at < count; at++) {
    const other = active[at]!;
    const distance = distances[row + other]!;
    if (other !== from && (distance < least || best < 0)) {
      least = distance;
      best = other;
    }
  }
  return best;
}

/** `b` goes into `a`: distances of the union are the mean over all pairs. */
function merge(clusters: Clusters, a: number, b: number, cosines: Float64Array): void {
  const { n, distances, sizes, active, leaves } = clusters;
  remove(clusters, b);
  const [sizeA, sizeB] = [sizes[a]!, sizes[b]!];
  const all = sizeA + sizeB;
  for (let at = 0; at < clusters.count; at++) {
    const other = active[at]!;
    if (other === a) continue;
    const distance = (sizeA * distances[a * n + other]! + sizeB * distances[b * n + other]!) / all;
    distances[a * n + other] = distance;
    distances[other * n + a] = distance;
  }
  leaves[a] = joined(leaves[a]!, leaves[b]!, (one, other) => cosines[one * n + other]!);
  leaves[b] = undefined;
  sizes[a] = all;
}

function remove(clusters: Clusters, cluster: number): void {
  const { active, place } = clusters;
  clusters.count--;
  const last = active[clusters.count]!;
  active[place[cluster]!] = last;
  place[last] = place[cluster]!;
}

/** Both lists, each turned so that the ends that meet are the two that are most alike. */
function joined(one: number[], other: number[], alike: (a: number, b: number) => number): number[] {
  const ends: [boolean, boolean][] = [[false, false], [false, true], [true, false], [true, true]]; // prettier-ignore
  const value = ([turnOne, turnOther]: [boolean, boolean]): number =>
    alike(turnOne ? one[0]! : one.at(-1)!, turnOther ? other.at(-1)! : other[0]!);
  const [turnOne, turnOther] = ends.reduce((best, ways) => (value(ways) > value(best) ? ways : best));
  return [...(turnOne ? one.toReversed() : one), ...(turnOther ? other.toReversed() : other)];
}
