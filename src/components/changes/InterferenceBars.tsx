/** Where else the edit reaches, as known from the keys alone: ranked bars, and one sentence of what they mean. */
import type { PredictedInterference } from "../../domain/edit";
import { ProseText } from "../ui/ModelText";
import styles from "./changes.module.css";
import { furthestReach, ranked, signed } from "./interference";

type InterferenceBarsProps = { found: readonly PredictedInterference[]; own: string | undefined };

export function InterferenceBars({ found, own }: InterferenceBarsProps) {
  const reach = furthestReach(found, own);
  if (reach === undefined) return null;
  return (
    <section className={styles.reach} aria-labelledby="reach-title" tabIndex={0}>
      <h3 id="reach-title">Expected reach</h3>
      <p>
        At <ProseText text={reach.other} /> the edited layer’s output moves by {reach.percent} of what it
        moves at <ProseText text={reach.own} />
        {reach.isAway ? ", the other way" : ""}. Known from the keys alone, before anything is measured.
      </p>
      <ul>
        {ranked(found).map(({ prompt, subject, share }, index) => (
          <li key={index}>
            <span className={styles.reachName}>
              <ProseText text={subject} />
              <span className="visually-hidden">
                {" "}
                in “<ProseText text={prompt} />
                ”:
              </span>
            </span>
            <span className={styles.track} aria-hidden="true">
              <span
                className={styles.bar}
                data-away={share < 0 || undefined}
                style={{ width: `${Math.min(100, Math.abs(share) * 100)}%` }}
              />
            </span>
            <span className={styles.share}>{signed(share)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
