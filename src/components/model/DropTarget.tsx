/** Files dropped anywhere: a model is loaded, an edit file is opened. */
import { useEffect, useState } from "react";
import { useWorkspace } from "../workspaceContext";
import styles from "./model.module.css";

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

export function DropTarget() {
  const workspace = useWorkspace();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      void collectFiles(event.dataTransfer).then(({ files, folder }) => {
        const edits = files.find(({ name }) => name.endsWith(".palimpsest"));
        if (edits !== undefined) return workspace.openEdits(edits);
        return files.length === 0 ? undefined : workspace.openFiles(files, folder).then(() => undefined);
      });
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [workspace]);
  return isOver ? (
    <div className={styles.drop}>Drop a model (.gguf or its folder) or an edit file (.palimpsest)</div>
  ) : null;
}

/** Files of a drop, with those of one dropped folder. Deeper folders are left alone: no model keeps files there. */
async function collectFiles(transfer: DataTransfer | null): Promise<{ files: File[]; folder?: string }> {
  const items = [...(transfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
  const direct = [...(transfer?.files ?? [])];
  const folder = items.find((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory ?? false);
  if (folder === undefined) return { files: direct };
  const entries = await readFolder(folder);
  const files = entries.filter((entry): entry is FileSystemFileEntry => entry.isFile);
  const all = files.map((entry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
  return { files: await Promise.all(all), folder: folder.name };
}

async function readFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // The browser hands a folder out in parts; an empty part is the end.
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return all;
    all.push(...part);
  }
}
