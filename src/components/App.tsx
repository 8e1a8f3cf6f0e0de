/** The page: the top bar, the workspace that is on the screen, and what opens over it. */
import { useEffect } from "react";
import { useSlice, useWorkspace } from "./workspaceContext";
import type { Gallery } from "../store/gallery";
import styles from "./App.module.css";
import { DropTarget } from "./model/DropTarget";
import { Notices } from "./Notices";
import { TopBar } from "./TopBar";
import { ErrorNote } from "./ui/ErrorNote";
import { fetchedOver } from "./ui/fetched";
import { workspaceEntry } from "./workspaces";

const Help = fetchedOver("The help", () => import("./Help"));
const SelfTestReport = fetchedOver("The self-test", () => import("./report/SelfTestReport"));
const ModelPicker = fetchedOver("The list of models", () => import("./model/ModelPicker"));

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [role=dialog]") !== null;

const isFloating = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("[role=dialog], [role=menu]") !== null;

export function App({ gallery }: { gallery: Gallery | undefined }) {
  const workspace = useWorkspace();
  const loading = useSlice("model", (state) => state.loading);
  const sheet = useSlice("sheet", (state) => state.sheet);
  const { View } = useSlice("place", ({ place }) => workspaceEntry(place));
  const { open, close } = workspace.stores.sheet.getState();

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      // Escape in something that floats closes that alone.
      if (event.key === "Escape" && !isFloating(event.target)) workspace.stopJobs();
      if (event.key === "?" && !isTyping(event.target)) open("help");
    };
    const onPopState = (): void => workspace.stores.place.getState().follow(location.search);
    window.addEventListener("keydown", onKeyDown);
    window.addEventListener("popstate", onPopState);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      window.removeEventListener("popstate", onPopState);
    };
  }, [workspace, open]);

  return (
    <div className={styles.page}>
      <TopBar />
      <Notices />
      {loading.status === "failed" && sheet !== "models" ? <ErrorNote error={loading.error} /> : null}
      <View gallery={gallery} />
      <DropTarget />
      {sheet === "help" ? <Help onClose={close} /> : null}
      {sheet === "models" ? <ModelPicker onClose={close} /> : null}
      {sheet === "report" ? <SelfTestReport onClose={close} /> : null}
    </div>
  );
}
