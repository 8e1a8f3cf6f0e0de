/** The likeliest next words as bars; with edits on, the earlier probability stays behind each as a ghost. */
import { useSlice } from "../workspaceContext";
import { joinChoices, type NextWord } from "../../store/words";
import { unfamiliarSentence } from "../../lib/unfamiliarSentence";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { TokenText } from "../ui/ModelText";
import { probability } from "../ui/numbers";
import { SubHead } from "../ui/Panel";
import styles from "./ask.module.css";

const SHOWN = 5;

/** A token below the list that was fetched has some small unknown probability. */
const written = (p: number | undefined): string => (p === undefined ? "<.01" : probability(p));

function Word({ word, isCompared }: { word: NextWord; isCompared: boolean }) {
  const width = (p: number | undefined): string => `${100 * (p ?? 0)}%`;
  const rises = isCompared && (word.now ?? 0) > (word.before ?? 0) + 0.1;
  return (
    <li className={styles.word}>
      <span className={styles.wordText}>
        <TokenText text={word.text} />
      </span>
      <span className={styles.bars} aria-hidden="true">
        {isCompared ? <span className={styles.ghostBar} style={{ width: width(word.before) }} /> : null}
        <span className={styles.bar} data-new={rises || undefined} style={{ width: width(word.now) }} />
      </span>
      <span className={styles.value}>
        {isCompared ? <span className={styles.was}>{written(word.before)} → </span> : null}
        {written(word.now)}
      </span>
    </li>
  );
}

export function NextWords() {
  const next = useSlice("ask", (state) => state.next);
  const last = useSlice("ask", (state) => state.lastNext);
  const isLoaded = useSlice("model", (state) => state.model !== undefined);
  if (!isLoaded && last === undefined) return null;
  const isCompared = last?.before !== undefined;
  const words = last === undefined ? [] : joinChoices(last.now, last.before, SHOWN);
  return (
    <div>
      <SubHead remark={isCompared ? "before → after the edits" : undefined}>Next word</SubHead>
      {next.status === "failed" ? <ErrorNote error={next.error} /> : null}
      <ul className={styles.words} aria-busy={next.status === "running"}>
        {words.map((word) => (
          <Word key={word.id} word={word} isCompared={isCompared} />
        ))}
      </ul>
      {last?.unfamiliarAmong === undefined ? null : <Hint>{unfamiliarSentence(last.unfamiliarAmong)}</Hint>}
    </div>
  );
}
