/** What stands behind the light: every measure with its value, its bounds and its own light. */
import type { DamageReport } from "../../domain/damage";
import FloatingSheet from "../ui/FloatingSheet";
import styles from "./damage.module.css";
import { DamageLight } from "./DamageLight";
import { levelSentence, measureBounds, measureName, measureValue } from "./damageWords";
import { LEVELS } from "./levelWords";

/** `isOld`: of weights that have changed since. */
type DamageSheetProps = { report: DamageReport; isOld: boolean; onClose: () => void };

export default function DamageSheet({ report, isOld, onClose }: DamageSheetProps) {
  const { word, colour } = LEVELS[report.level];
  return (
    <FloatingSheet name="Damage" width={380} onClose={onClose}>
      <p className={styles.head}>
        <b>
          {word} ({colour})
        </b>
        . {levelSentence(report)}
      </p>
      <ul className={styles.list}>
        {report.measures.map((measure) => (
          <li key={measure.kind}>
            <DamageLight level={measure.level} />
            <span>
              {measureName(measure)}
              <span className="visually-hidden">: {LEVELS[measure.level].word}</span>
            </span>
            <span className={styles.value}>{measureValue(measure)}</span>
            <span className={styles.bounds}>{measureBounds(measure)}</span>
          </li>
        ))}
      </ul>
      <p className={styles.foot}>
        The light is the worst of these, against the model without edits. Perplexity: how surprised the model
        is by ordinary text. Drift: how far the probabilities of its next word have moved. Measured in{" "}
        {(report.milliseconds / 1000).toFixed(1)} s,{" "}
        {isOld ? "before the newest change; it is measured again." : "by itself after every change."}
      </p>
    </FloatingSheet>
  );
}
