/** Facts to begin with, by category. Choosing one fills prompt, subject, edit and probes, and traces it on a small model. */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { promptOf, type Gallery } from "../../store/gallery";
import { SubHead } from "../ui/Panel";
import styles from "./ask.module.css";

export function Examples({ gallery }: { gallery: Gallery }) {
  const workspace = useWorkspace();
  const text = useSlice("prompt", (state) => state.text);
  const isLoaded = useSlice("model", (state) => state.model !== undefined);
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
              disabled={!isLoaded}
              onClick={() => void workspace.openExample(example)}
            >
              {example.subject}
            </button>
          ))}
      </div>
    </div>
  );
}
