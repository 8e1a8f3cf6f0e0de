/** Saves the edits to a `.palimpsest` file, opens one again, and writes them for other programs. */
import { Button } from "@mantine/core";
import { useRef } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { download, fileNameFrom } from "../charts/download";
import { ExportMenu } from "./ExportMenu";
import styles from "./stack.module.css";

export function FileButtons({ hasEdits }: { hasEdits: boolean }) {
  const workspace = useWorkspace();
  const name = useSlice("stack", (state) => state.stack?.edits[0]?.name ?? "edits");
  const isOtherRevision = useSlice("stack", (state) => state.refusedFile !== undefined);
  const picker = useRef<HTMLInputElement>(null);

  const save = async (): Promise<void> => {
    const bytes = await workspace.stores.stack.getState().save();
    if (bytes !== undefined) download(fileNameFrom(name, "palimpsest"), bytes, "application/octet-stream");
  };

  return (
    <div className={styles.files}>
      <Button size="compact-sm" variant="default" disabled={!hasEdits} onClick={() => void save()}>
        Save
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => picker.current?.click()}>
        Open…
      </Button>
      <ExportMenu hasEdits={hasEdits} name={name} />
      {isOtherRevision ? (
        <Button size="compact-sm" variant="default" onClick={() => void workspace.openRefused()}>
          Open it anyway
        </Button>
      ) : null}
      <input
        ref={picker}
        type="file"
        hidden
        accept=".palimpsest,.safetensors"
        aria-label="Open an edit file"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file !== undefined) void workspace.openEdits(file);
        }}
      />
    </div>
  );
}
