/** Facts ranked by their share of a change, as bars, with the line below which nothing is counted. */
import { signed } from "./sentences";
import type { Disturbed } from "./disturbance";
import styles from "./superposition.module.css";

type RankedFactsProps = { ranked: readonly Disturbed[]; threshold: number; most: number };

export function RankedFacts({ ranked, threshold, most }: RankedFactsProps) {
  const others = ranked.filter(({ isOwn }) => !isOwn).slice(0, most);
  const largest = Math.max(1, ...others.map(({ share }) => Math.abs(share)));
  const below = others.findIndex(({ share }) => Math.abs(share) <= threshold);
  return (
    <ol className={styles.ranked} tabIndex={0} aria-label="Facts by their share of the change">
      {others.flatMap(({ name, prompt, share }, at) => [
        ...(at === below
          ? [
              <li key="line" className={styles.threshold}>
                {Math.round(threshold * 100)} % of the change
              </li>,
            ]
          : []),
        <li key={at} data-below={(below >= 0 && at >= below) || undefined} title={prompt}>
          <span>
            <bdi>{name}</bdi>
          </span>
          <span className={styles.track} aria-hidden="true">
            <span
              className={styles.bar}
              data-away={share < 0 || undefined}
              style={{ width: `${(Math.abs(share) / largest) * 100}%` }}
            />
          </span>
          <span className={styles.number}>{signed(share)}</span>
        </li>,
      ])}
    </ol>
  );
}
