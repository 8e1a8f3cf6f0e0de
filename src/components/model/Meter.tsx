/** How much of something limited is taken: a bar, and the same in words. */
import { Progress } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./picker.module.css";

type MeterProps = { share: number; label: string; isTight?: boolean; children: ReactNode };

export function Meter({ share, label, isTight = false, children }: MeterProps) {
  // A sliver stays visible: nothing taken and a little taken are not the same.
  const percent = share > 0 ? Math.max(1, Math.min(100, share * 100)) : 0;
  return (
    <div className={styles.meter}>
      <span className={styles.now}>{children}</span>
      <Progress size={5} color={isTight ? "var(--bad)" : "var(--state)"} value={percent} aria-label={label} />
    </div>
  );
}
