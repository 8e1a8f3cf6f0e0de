/** The models that come with the page. */
import { Button } from "@mantine/core";
import { useEffect } from "react";
import type { ModelSource } from "../../domain/model";
import { visibleString } from "../../lib/visibleText";
import { modelName, sourceOf } from "../../store/modelRef";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { ProseText } from "../ui/ModelText";
import { megabytes, parameters } from "../ui/numbers";
import styles from "./picker.module.css";

export function EmbeddedModels({ onLoad }: { onLoad: (source: ModelSource) => void }) {
  const { stores } = useWorkspace();
  const available = useSlice("model", (state) => state.available);
  const current = useSlice("model", (state) => state.model?.ref);
  useEffect(() => void stores.model.getState().list(), [stores]);
  if (available.status === "failed") return <ErrorNote error={available.error} />;
  const models = available.status === "done" ? available.result : [];
  return (
    <ul className={styles.models}>
      {models.map(({ ref, parameters: count, layers, bytes, licence }) => {
        const source = sourceOf(ref);
        return (
          <li key={ref}>
            <span className={styles.words}>
              <strong>
                <ProseText text={modelName(ref)} />
              </strong>
              <span className={styles.facts}>
                {parameters(count)} parameters · {layers} layers · {megabytes(bytes)} ·{" "}
                <ProseText text={licence} />
              </span>
            </span>
            {current === ref || source === undefined ? (
              <span className={styles.facts}>loaded</span>
            ) : (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Load ${visibleString(modelName(ref), "none")}`}
                onClick={() => onLoad(source)}
              >
                Load
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
