/** Saves the edits to a `.palimpsest` file, opens one again, and writes them for other programs. */
import { Button } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { download, fileNameFrom } from "../charts/download";
import { FileButton } from "../ui/FileButton";
import { ExportMenu } from "./ExportMenu";
import styles from "./stack.module.css";

export function FileButtons({ hasEdits }: { hasEdits: boolean }) {
  const workspace = useWorkspace();
  const name = useSlice("stack", (state) => state.stack?.edits[0]?.name ?? "edits");
  const isOtherRevision = useSlice("stack", (state) => state.refusedFile !== undefined);

  const save = async (): Promise<void> => {
    const bytes = await workspace.stores.stack.getState().save();
    if (bytes !== undefined) download(fileNameFrom(name, "palimpsest"), bytes, "application/octet-stream");
  };

  return (
    <div className={styles.files}>
      <Button size="compact-sm" variant="default" disabled={!hasEdits} onClick={() => void save()}>
        Save
      </Button>
      <FileButton
        label="Open…"
        name="Open an edit file"
        accept=".palimpsest,.safetensors"
        onFile={(file) => void workspace.openEdits(file)}
      />
      <ExportMenu hasEdits={hasEdits} name={name} />
      {isOtherRevision ? (
        <Button size="compact-sm" variant="default" onClick={() => void workspace.openRefused()}>
          Open it anyway
        </Button>
      ) : null}
    </div>
  );
}
