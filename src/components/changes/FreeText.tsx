/** What the model wrote on its own before and after, differences marked word by word. */
import type { EditResult } from "../../domain/edit";
import { diffWords } from "../../store/words";
import { DiffText } from "../ui/DiffText";
import { ProseText } from "../ui/ModelText";
import styles from "./changes.module.css";

export function FreeText({ generations }: { generations: EditResult["generations"] }) {
  return (
    <div className={styles.box} tabIndex={0} role="region" aria-label="Free text before and after">
      <ul className={styles.texts}>
        {generations.map(({ prompt, before, after }, index) => (
          <li key={index}>
            <span className={styles.asked}>
              <ProseText text={prompt} />
            </span>
            <DiffText pieces={diffWords(before, after)} />
          </li>
        ))}
      </ul>
    </div>
  );
}
