/** A long answer token by token: how likely each was before the edit and is now, told the tokens before it. */
import type { TargetToken } from "../../domain/edit";
import { visibleString } from "../../lib/visibleText";
import { TokenText } from "../ui/ModelText";
import { percent, probability } from "../ui/numbers";
import styles from "./tokens.module.css";

/** Per token, as a geometric mean: what one token costs on average. */
function meanOf(tokens: readonly TargetToken[], side: "before" | "after"): number {
  const logs = tokens.map((token) => Math.log(Math.max(token[side].p, 1e-12)));
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / tokens.length);
}

const likeliest = (tokens: readonly TargetToken[], side: "before" | "after"): number =>
  tokens.filter((token) => token[side].best).length;

export default function TokenByToken({ tokens }: { tokens: readonly TargetToken[] }) {
  const [was, is] = [likeliest(tokens, "before"), likeliest(tokens, "after")];
  const from = percent(meanOf(tokens, "before"));
  const to = percent(meanOf(tokens, "after"));
  return (
    <div className={styles.box} tabIndex={0} role="region" aria-label="Token by token">
      <p className={styles.sentence}>
        A token of the answer has {to} on average, before the edit {from}. Of {tokens.length} tokens {is} are
        now what the model would say by itself, before {was}.
      </p>
      <ol className={styles.strip}>
        {tokens.map(({ text, before, after }, index) => (
          <li key={index} data-best={after.best || undefined}>
            <span
              className={styles.bars}
              role="img"
              aria-label={`${visibleString(text, "none")}: ${probability(before.p)}, now ${probability(after.p)}`}
              title={`${probability(before.p)} → ${probability(after.p)}`}
            >
              <span className={styles.before} style={{ height: `${100 * before.p}%` }} />
              <span className={styles.after} style={{ height: `${100 * after.p}%` }} />
            </span>
            <span className={styles.word}>
              <TokenText text={text} />
            </span>
          </li>
        ))}
      </ol>
      <p className={styles.legend}>
        <span className={styles.before} /> before <span className={styles.after} /> now · underlined: no other
        token is likelier
      </p>
    </div>
  );
}
