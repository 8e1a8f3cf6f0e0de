/** Did a probe come out as hoped, and how many of a list did. Pure; the same rule for tables, charts and the lab. */
import type { Probe, ProbeKind } from "../domain/edit";
import type { KindScore, TrialScores } from "../domain/trials";

/** New answer ahead where it should be, old one still ahead where not; without an old answer, what the model says counts. */
export function succeeded({ kind, before, after }: Probe): boolean {
  if (kind === "neighbourhood") {
    return after.pTrue === null ? after.best === before.best : after.pTrue > after.pNew;
  }
  return after.pTrue === null ? after.newIsGreedy : after.pNew > after.pTrue;
}

/** The answer that should win: the new one, or at a neighbour its own. */
const wanted = ({ kind, after }: Probe): number =>
  kind === "neighbourhood" ? (after.pTrue ?? 1 - after.pNew) : after.pNew;

export function scoreProbes(probes: readonly Probe[]): TrialScores {
  const of = (kind: ProbeKind): KindScore | null => {
    const some = probes.filter((probe) => probe.kind === kind);
    if (some.length === 0) return null;
    const p = some.reduce((sum, probe) => sum + wanted(probe), 0) / some.length;
    return { good: some.filter(succeeded).length, count: some.length, p };
  };
  return { rewrite: of("rewrite"), paraphrase: of("paraphrase"), neighbourhood: of("neighbourhood") };
}
