/** A model on this machine: one .gguf, or a folder in Hugging Face layout. */
import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useWorkspace } from "../workspaceContext";
import styles from "./picker.module.css";

export function LocalFiles({ onLoaded }: { onLoaded: () => void }) {
  const workspace = useWorkspace();
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const take = (input: HTMLInputElement): void => {
    const files = [...(input.files ?? [])];
    input.value = "";
    if (files.length === 0) return;
    void workspace.openFiles(files).then((isLoaded) => {
      if (isLoaded) onLoaded();
    });
  };
  return (
    <div className={styles.line}>
      <Button size="sm" variant="default" onClick={() => file.current?.click()}>
        A .gguf file…
      </Button>
      <Button size="sm" variant="default" onClick={() => folder.current?.click()}>
        A model’s folder…
      </Button>
      <span className={styles.facts}>or drop either anywhere on the page. Nothing is uploaded.</span>
      <input
        ref={file}
        type="file"
        hidden
        accept=".gguf"
        aria-label="A model file"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        aria-label="A model's folder"
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
}
