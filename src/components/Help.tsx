/** What the page does, in the order of the work, and its keys. Loaded when first opened. */
import styles from "./App.module.css";
import { Sheet } from "./ui/Sheet";

const KEYS: readonly (readonly [string, string])[] = [
  ["Ctrl or ⌘ + Enter", "in the prompt: trace it"],
  ["← → and Enter", "among the tokens: move, choose; with Shift extend the subject"],
  ["← ↑ → ↓ Home End", "in the heatmap: move; Ctrl + Home or End to its corners"],
  ["Enter", "on a cell: edit at its layer; in the new answer: make the edit"],
  ["← → Delete Enter", "on a border between chunks: move it, join, halve the next chunk"],
  ["Esc", "stop whatever is being computed"],
  ["?", "this sheet"],
];

export default function Help({ onClose }: { onClose: () => void }) {
  return (
    <Sheet title="How to use this page" onClose={onClose}>
      <div className={styles.help}>
        <p>
          <strong>Ask.</strong> Write the beginning of a sentence whose next word is a fact, and click the
          tokens of its subject.
        </p>
        <p>
          <strong>Where is it?</strong> Noise blurs the subject until the answer is lost. Then one state at a
          time is put back as it was. The darker a cell, the more of the answer that one state brings back.
        </p>
        <p>
          <strong>Edit.</strong> Type another answer and choose a method: each says in one sentence what it
          does, what it changes and what it will take. Tracing does not say which layer is best to edit (Hase
          et al., 2023): sweep the layers and see. AnyEdit and UnKE take answers of many words.
        </p>
        <p>
          <strong>What changed.</strong> A good edit also holds for other wordings, and leaves neighbouring
          facts as they were. Every edit can be switched off again and leaves not one bit behind.
        </p>
        <p>
          <strong>Many edits, Compare.</strong> Paste a list of requests and write it as one; or put it to
          several methods, each on the untouched model, and compare.
        </p>
        <table>
          <tbody>
            {KEYS.map(([keys, meaning]) => (
              <tr key={keys}>
                <th scope="row">{keys}</th>
                <td>{meaning}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className={styles.soft}>
          Everything runs in this page; nothing you type or load leaves it. Only a model you choose from the
          hub is downloaded. After the first visit the page opens without a network, too.
        </p>
      </div>
    </Sheet>
  );
}
