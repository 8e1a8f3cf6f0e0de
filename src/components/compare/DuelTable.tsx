/** The duel's numbers: per method what took, what it cost, and what it changed. */
import { visibleString } from "../../lib/visibleText";
import type { DuelResult, KindScore } from "../../domain/trials";
import { percent, probability, remaining } from "../ui/numbers";
import styles from "./compare.module.css";
import { isDone, KINDS } from "./duelSentence";

function Score({ score }: { score: KindScore | null }) {
  if (score === null) return <>–</>;
  return (
    <>
      {score.good}/{score.count} <span className={styles.soft}>{probability(score.p)}</span>
    </>
  );
}

const seconds = (milliseconds: number): string =>
  milliseconds < 950 ? `${(milliseconds / 1000).toFixed(1)}\u00a0s` : remaining(milliseconds / 1000);

export function DuelTable({ result: { before, entries } }: { result: DuelResult }) {
  // What no request asks has no column.
  const kinds = KINDS.filter(({ kind }) => before[kind] !== null);
  return (
    <div className={styles.box} tabIndex={0} role="region" aria-label="The duel in numbers">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">method</th>
            {kinds.map(({ kind, label }) => (
              <th scope="col" key={kind}>
                {label}
              </th>
            ))}
            <th scope="col">time</th>
            <th scope="col">‖ΔW‖/‖W‖</th>
          </tr>
        </thead>
        <tbody>
          <tr className={styles.soft}>
            <th scope="row">before</th>
            {kinds.map(({ kind }) => (
              <td key={kind}>
                <Score score={before[kind]} />
              </td>
            ))}
            <td>–</td>
            <td>–</td>
          </tr>
          {entries.map((entry) => (
            <tr key={entry.method}>
              <th scope="row">{entry.method}</th>
              {isDone(entry) ? (
                <>
                  {kinds.map(({ kind }) => (
                    <td key={kind}>
                      <Score score={entry.scores[kind]} />
                    </td>
                  ))}
                  <td>{seconds(entry.milliseconds)}</td>
                  <td>
                    {entry.updates.length === 0
                      ? "no weight"
                      : percent(
                          Math.max(
                            0,
                            ...entry.updates.map(({ relativeNorm }) => relativeNorm).filter(Number.isFinite),
                          ),
                        )}
                  </td>
                </>
              ) : (
                <td colSpan={kinds.length + 2} className={styles.refused}>
                  {visibleString(`${entry.error.message} ${entry.error.remedy}`, "none")}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.note}>
        Each cell: how many came out as wanted, then the mean probability of the wanted answer. ‖ΔW‖/‖W‖: the
        largest change of a weight, as a share of its size.
      </p>
    </div>
  );
}
