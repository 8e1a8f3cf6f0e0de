/** Green, amber, red, told apart by shape as well: a full ring, a triangle, a cross. */
import type { DamageLevel } from "../../domain/damage";
import styles from "./damage.module.css";

const SHAPES: Readonly<Record<DamageLevel, string>> = {
  sound: "M6.5 1a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z",
  worn: "M6.5 1L12.4 11.6H.6z",
  broken:
    "M2.6.6L6.5 4.5L10.4.6L12.4 2.6L8.5 6.5L12.4 10.4L10.4 12.4L6.5 8.5L2.6 12.4L.6 10.4L4.5 6.5L.6 2.6z",
};

export function DamageLight({ level, isBusy = false }: { level: DamageLevel; isBusy?: boolean }) {
  return (
    <svg
      className={styles.light}
      viewBox="0 0 13 13"
      data-level={level}
      data-busy={isBusy || undefined}
      aria-hidden="true"
    >
      <path d={SHAPES[level]} fill="currentColor" />
    </svg>
  );
}
