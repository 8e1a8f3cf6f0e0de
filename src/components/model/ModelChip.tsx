/** The model in the top bar: its name, where it runs and what it holds; or how far its loading is. */
import { Button } from "@mantine/core";
import { modelName } from "../../store/modelRef";
import { useSlice } from "../workspaceContext";
import { ChevronIcon } from "../ui/icons";
import { ProseText } from "../ui/ModelText";
import { megabytes } from "../ui/numbers";
import styles from "./model.module.css";
import { BACKEND_NAMES } from "./backendNames";

export function ModelChip({ onOpen }: { onOpen: () => void }) {
  const model = useSlice("model", (state) => state.model);
  const loading = useSlice("model", (state) => state.loading);
  const bytes = useSlice("model", (state) => state.heldBytes);
  const progress = loading.status === "running" ? loading.progress : undefined;
  const share = progress !== undefined && progress.total > 0 ? progress.done / progress.total : 0;
  return (
    <Button
      className={styles.chip ?? ""}
      size="compact-md"
      variant="default"
      rightSection={<ChevronIcon />}
      aria-haspopup="dialog"
      onClick={onOpen}
    >
      {loading.status === "running" ? (
        <span className={styles.loading} role="status">
          <span className={styles.fill} style={{ width: `${100 * share}%` }} />
          <span className={styles.over}>
            <ProseText text={progress?.note ?? "Loading the model"} />
          </span>
        </span>
      ) : null}
      {loading.status !== "running" && model === undefined ? "Choose a model" : null}
      {loading.status !== "running" && model !== undefined ? (
        <>
          <strong className={styles.name}>
            <ProseText text={modelName(model.ref)} />
          </strong>
          <span className={styles.facts}>
            {"\u00a0· "}
            {BACKEND_NAMES[model.backend]}
            {model.precision === "float32" ? "" : ` · ${model.precision}`}
            {bytes === undefined ? "" : ` · ${megabytes(bytes)}`}
          </span>
        </>
      ) : null}
    </Button>
  );
}
