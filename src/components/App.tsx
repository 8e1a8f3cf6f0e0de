/** The one screen: ask, where is it, edit, what changed. Lays the panels out and holds what opens over them. */
import { lazy, Suspense, useEffect } from "react";
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
const SelfTestReport = lazy(() => import("./report/SelfTestReport"));
const ModelPicker = lazy(() => import("./model/ModelPicker"));

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [role=dialog]") !== null;

const isFloating = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("[role=dialog], [role=menu]") !== null;

export function App({ gallery }: { gallery: Gallery | undefined }) {
  const workspace = useWorkspace();
  const loading = useSlice("model", (state) => state.loading);
  const sheet = useSlice("sheet", (state) => state.sheet);
  const { open, close } = workspace.stores.sheet.getState();

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      // Escape in something that floats closes that alone.
      if (event.key === "Escape" && !isFloating(event.target)) workspace.stopJobs();
      if (event.key === "?" && !isTyping(event.target)) open("help");
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [workspace, open]);

  return (
    <div className={styles.page}>
      <TopBar />
      {loading.status === "failed" && sheet !== "models" ? <ErrorNote error={loading.error} /> : null}
      <main className={styles.sheets}>
        <AskPanel gallery={gallery} className={styles.ask} />
        <TracePanel className={styles.where} />
        <EditPanel className={styles.edit} />
        <ChangesPanel className={styles.changed} />
      </main>
      <Notices />
      <DropTarget />
      <Suspense>
        {sheet === "help" ? <Help onClose={close} /> : null}
        {sheet === "models" ? <ModelPicker onClose={close} /> : null}
        {sheet === "report" ? <SelfTestReport onClose={close} /> : null}
      </Suspense>
    </div>
  );
}
