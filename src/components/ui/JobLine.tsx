/** A job under way: what is being computed, how far it is, how long it will take, and Cancel. */
import { Button, Progress } from "@mantine/core";
import type { Progress as JobProgress } from "../../domain/progress";
import { visibleString } from "../../lib/visibleText";
import styles from "./JobLine.module.css";
import { ProseText } from "./ModelText";
import { remaining } from "./numbers";

type JobLineProps = { progress: JobProgress | undefined; fallback: string; onCancel?: () => void };

export function JobLine({ progress, fallback, onCancel }: JobLineProps) {
  const share = progress !== undefined && progress.total > 0 ? progress.done / progress.total : undefined;
  const note = progress?.note ?? fallback;
  const left = progress?.secondsLeft;
  return (
    <div className={styles.line}>
      <span className={styles.words} role="status">
        <span className={styles.note}>
          <ProseText text={note} />
        </span>
        <span className={styles.left}>{left === undefined ? "" : `${remaining(left)} left`}</span>
      </span>
      <Progress
        className={styles.bar ?? ""}
        size={4}
        color="var(--state)"
        value={share === undefined ? 100 : share * 100}
        animated={share === undefined}
        aria-label={visibleString(note, "none")}
      />
      {onCancel === undefined ? null : (
        <Button size="compact-sm" variant="default" onClick={onCancel}>
          Cancel
        </Button>
      )}
    </div>
  );
}
