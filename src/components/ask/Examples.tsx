/** Facts to begin with, by category. Choosing one fills prompt, subject, edit and probes, and shows what was computed before. */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { fetchStored, promptOf, type Gallery } from "../../store/gallery";
import { SubHead } from "../ui/Panel";
import styles from "./ask.module.css";

export function Examples({ gallery }: { gallery: Gallery }) {
  const workspace = useWorkspace();
  const text = useSlice("prompt", (state) => state.text);
  const categories = [...new Set(gallery.examples.map(({ category }) => category))];
  const [category, setCategory] = useState(categories[0]);
  return (
    <div className={styles.examples}>
      <SubHead
        aside={
          <SegmentedControl
            size="xs"
            aria-label="Kind of example"
            value={category ?? ""}
            data={categories}
            onChange={setCategory}
          />
        }
      >
        Examples
      </SubHead>
      <div className={styles.category} role="group" aria-label={`Examples: ${category}`}>
        {gallery.examples
          .filter((example) => example.category === category)
          .map((example) => (
            <button
              key={example.id}
              type="button"
              className={styles.example}
              aria-pressed={promptOf(example).text === text}
              onClick={() => void workspace.openExample(example, fetchStored(example))}
            >
              {example.subject}
            </button>
          ))}
      </div>
    </div>
  );
}
