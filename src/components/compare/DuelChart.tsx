/** Per method three bars: how likely the wanted answer is now, over a ghost of how likely it was before. */
import type { DuelResult } from "../../domain/trials";
import { probability } from "../ui/numbers";
import styles from "./compare.module.css";
import { isDone, KINDS } from "./duelSentence";

export function DuelChart({ result: { before, entries } }: { result: DuelResult }) {
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.legend}>
        Mean probability of the answer that should win:{" "}
        {KINDS.filter(({ kind }) => before[kind] !== null).map(({ kind, label }) => (
          <span key={kind} data-kind={kind}>
            {label}
          </span>
        ))}
        <span data-kind="before">before any edit</span>
      </figcaption>
      <ul className={styles.methods}>
        {entries.filter(isDone).map(({ method, scores }) => (
          <li key={method}>
            <span className={styles.methodName}>{method}</span>
            <div className={styles.bars}>
              {KINDS.map(({ kind, label }) => {
                const score = scores[kind];
                if (score === null) return null;
                const was = before[kind]?.p ?? 0;
                return (
                  <div
                    key={kind}
                    className={styles.track}
                    role="img"
                    aria-label={`${label}: ${probability(score.p)}, before ${probability(was)}`}
                    title={`${label}: ${probability(was)} → ${probability(score.p)}`}
                  >
                    <span className={styles.ghost} style={{ width: `${100 * was}%` }} />
                    <span className={styles.bar} data-kind={kind} style={{ width: `${100 * score.p}%` }} />
                  </div>
                );
              })}
            </div>
          </li>
        ))}
      </ul>
    </figure>
  );
}
