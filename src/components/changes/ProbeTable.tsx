/** One line per probe: what the model said before and says now, and how both answers' probabilities moved. */
import type { Probe, ProbeKind } from "../../domain/edit";
import { succeeded } from "../../lib/probeScores";
import { NewText, WasText } from "../ui/DiffText";
import { ProseText } from "../ui/ModelText";
import { probability } from "../ui/numbers";
import styles from "./changes.module.css";

const NAMES: Record<ProbeKind, string> = {
  rewrite: "rewrite",
  paraphrase: "wording",
  neighbourhood: "neighbour",
};

function Move({ from, to }: { from: number | null; to: number | null }) {
  if (from === null || to === null) return <>–</>;
  return (
    <>
      <span className={styles.from}>{probability(from)} → </span>
      {probability(to)}
    </>
  );
}

/** The likeliest next token is often only the beginning of a known answer; then it ends in three dots. */
function asSaid(best: string, answers: readonly string[]): string {
  const piece = best.trim();
  const isBeginning = answers.some((answer) => answer.trim().startsWith(piece) && answer.trim() !== piece);
  return isBeginning && !answers.some((answer) => answer.trim() === piece) ? `${piece}…` : piece;
}

function Said({ probe, target }: { probe: Probe; target: string }) {
  const answers = [probe.target, target];
  const before = asSaid(probe.before.best, answers);
  const after = asSaid(probe.after.best, answers);
  if (before === after) return <ProseText text={after} />;
  return (
    <>
      <WasText text={before} /> <NewText text={after} />
    </>
  );
}

/** A long answer by its first words. */
const shortened = (text: string): string => (text.length > 24 ? `${text.slice(0, 23).trimEnd()}…` : text);

export function ProbeTable({ probes, target }: { probes: readonly Probe[]; target: string }) {
  return (
    <div className={styles.box} tabIndex={0} role="region" aria-label="Before and after">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col" className={styles.kind}>
              <span className="visually-hidden">kind</span>
            </th>
            <th scope="col">prompt</th>
            <th scope="col">it says</th>
            <th scope="col" className={styles.number}>
              p(
              <ProseText text={shortened(target)} />)
            </th>
            <th scope="col" className={styles.number}>
              p(old answer)
            </th>
            <th scope="col">
              <span className="visually-hidden">as hoped</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {probes.map((probe, index) => {
            const isGood = succeeded(probe);
            const isFirst = probes[index - 1]?.kind !== probe.kind;
            return (
              <tr key={index} data-first={isFirst || undefined}>
                <td className={styles.kind}>{isFirst ? NAMES[probe.kind] : null}</td>
                <td className={styles.prompt}>
                  <ProseText text={probe.prompt} />
                </td>
                <td>
                  <Said probe={probe} target={target} />
                </td>
                <td className={styles.number}>
                  <Move from={probe.before.pNew} to={probe.after.pNew} />
                </td>
                <td className={styles.number}>
                  <Move from={probe.before.pTrue} to={probe.after.pTrue} />
                </td>
                <td className={isGood ? styles.good : styles.bad}>
                  <span aria-hidden="true">{isGood ? "✓" : "✗"}</span>
                  <span className="visually-hidden">{isGood ? "as hoped" : "not as hoped"}</span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
