/** The one screen: ask, where is it, edit, what changed. Lays the panels out and holds what opens over them. */
import { lazy, Suspense, useEffect, useState } from "react";
import { useSlice, useWorkspace } from "./workspaceContext";
import type { Gallery } from "../store/gallery";
import styles from "./App.module.css";
import { AskPanel } from "./ask/AskPanel";
import { ChangesPanel } from "./changes/ChangesPanel";
import { EditPanel } from "./edit/EditPanel";
import { DropTarget } from "./model/DropTarget";
import { Notices } from "./Notices";
import { TopBar } from "./TopBar";
import { TracePanel } from "./trace/TracePanel";
import { ErrorNote } from "./ui/ErrorNote";

const Help = lazy(() => import("./Help"));
const ModelPicker = lazy(() => import("./model/ModelPicker"));

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [role=dialog]") !== null;

const isFloating = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("[role=dialog], [role=menu]") !== null;

export function App({ gallery }: { gallery: Gallery | undefined }) {
  const workspace = useWorkspace();
  const loading = useSlice("model", (state) => state.loading);
  const [open, setOpen] = useState<"help" | "models">();

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      // Escape in something that floats closes that alone.
      if (event.key === "Escape" && !isFloating(event.target)) workspace.stopJobs();
      if (event.key === "?" && !isTyping(event.target)) setOpen("help");
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [workspace]);

  return (
    <div className={styles.page}>
      <TopBar onModels={() => setOpen("models")} onHelp={() => setOpen("help")} />
      {loading.status === "failed" && open !== "models" ? <ErrorNote error={loading.error} /> : null}
      <main className={styles.sheets}>
        <AskPanel gallery={gallery} className={styles.ask} />
        <TracePanel className={styles.where} />
        <EditPanel className={styles.edit} />
        <ChangesPanel className={styles.changed} />
      </main>
      <Notices />
      <DropTarget />
      <Suspense>
        {open === "help" ? <Help onClose={() => setOpen(undefined)} /> : null}
        {open === "models" ? <ModelPicker onClose={() => setOpen(undefined)} /> : null}
      </Suspense>
    </div>
  );
}
