/** Composition root of the page: makes the stores, draws. Knows everyone on its side. */
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./components/App";
import { theme, variables } from "./components/ui/mantineTheme";
import { WorkspaceContext } from "./components/workspaceContext";
import { keepOffline } from "./offline/keepOffline";
import { parseGallery, parseStored } from "./store/gallery";
import { createWorkspace } from "./store/workspace";
import type { ClientNotice, Lab } from "./workers/client";

/**
 * @param examples gallery.json and the first example's stored result, unchecked; undefined where they cannot be had
 * @returns who wants to hear of the worker
 */
export function startPage(
  lab: Lab,
  [galleryJson, storedJson]: readonly [unknown, unknown],
): (notice: ClientNotice) => void {
  const scheme = localStorageColorSchemeManager({ key: "palimpsest.scheme" });
  const workspace = createWorkspace(lab);
  const gallery = parseGallery(galleryJson);
  workspace.begin(gallery, parseStored(storedJson));

  // What the first visit needs at once goes before what the next one may need.
  const stop = workspace.stores.model.subscribe(({ loading }) => {
    if (!import.meta.env.PROD || (loading.status !== "done" && loading.status !== "failed")) return;
    stop();
    keepOffline(workspace.hearOffline);
  });

  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root.");
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        colorSchemeManager={scheme}
        defaultColorScheme="auto"
      >
        <WorkspaceContext value={workspace}>
          <App gallery={gallery} />
        </WorkspaceContext>
      </MantineProvider>
    </StrictMode>,
  );
  return (notice) => void workspace.hear(notice);
}
