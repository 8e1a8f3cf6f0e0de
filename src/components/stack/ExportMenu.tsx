/** Edits for other programs: the choice of a form, the download, and what was found on reading the files again. */
import { Button } from "@mantine/core";
import type { ExportFormat, ExportResult } from "../../domain/export";
import { visibleString } from "../../lib/visibleText";
import { download, fileNameFrom } from "../charts/download";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { OverflowMenu } from "../ui/OverflowMenu";
import { useSlice, useWorkspace } from "../workspaceContext";
import styles from "./stack.module.css";

const CHOICES: readonly { format: ExportFormat; label: string }[] = [
  { format: "peft", label: "LoRA adapter for Hugging Face PEFT" },
  { format: "safetensors", label: "The changed weights, whole" },
  { format: "json", label: "The whole stack as JSON" },
];

/** An adapter is two files that belong in one folder, so it comes as an archive. */
async function hand({ files }: ExportResult, name: string): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  if (files.length === 1) {
    const ending = first.name.slice(first.name.lastIndexOf(".") + 1);
    return download(fileNameFrom(name, ending), first.bytes, "application/octet-stream");
  }
  const { storedZip } = await import("../../lib/storedZip");
  download(fileNameFrom(name, "peft.zip"), storedZip(files), "application/zip");
}

function sentenceOf({ edits, weights, leftOut, largestDifference, notes }: ExportResult): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  const off = leftOut.map((name) => `“${visibleString(name, "none")}”`).join(", ");
  return [
    `Exported ${count(edits.length, "edit")} in ${count(weights.length, "tensor")}.`,
    `Read again, no number differs by more than ${largestDifference.toPrecision(1)}.`,
    ...(leftOut.length > 0 ? [`Left out, being switched off: ${off}.`] : []),
    ...notes.map((note) => visibleString(note, "none")),
  ].join(" ");
}

export function ExportMenu({ hasEdits, name }: { hasEdits: boolean; name: string }) {
  const { stores } = useWorkspace();
  const exporting = useSlice("stack", (state) => state.exporting);
  const start = async (format: ExportFormat): Promise<void> => {
    const result = await stores.stack.getState().export(format);
    if (result !== undefined) await hand(result, name);
  };
  return (
    <>
      <OverflowMenu
        name="Export the edits as"
        button={(opener) => (
          <Button
            {...opener}
            size="compact-sm"
            variant="default"
            disabled={!hasEdits || exporting.status === "running"}
          >
            Export…
          </Button>
        )}
        actions={CHOICES.map(({ format, label }) => ({ label, onChoose: () => void start(format) }))}
      />
      {exporting.status === "running" ? (
        <div className={styles.below}>
          <JobLine progress={exporting.progress} fallback="Exporting" onCancel={exporting.stop} />
        </div>
      ) : null}
      {exporting.status === "failed" ? (
        <div className={styles.below}>
          <ErrorNote error={exporting.error} />
        </div>
      ) : null}
      {exporting.status === "done" ? (
        <p className={`${styles.below} ${styles.exported}`} role="status">
          {sentenceOf(exporting.result)}
        </p>
      ) : null}
    </>
  );
}
