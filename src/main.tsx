/** Composition root of the page: starts the lab's worker, makes the stores, draws. Knows everyone on its side. */
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./components/App";
import { theme, variables } from "./components/ui/mantineTheme";
import { WorkspaceContext } from "./components/workspaceContext";
import { keepOffline } from "./offline/keepOffline";
import { parseGallery, parseStored } from "./store/gallery";
import { createWorkspace, type Workspace } from "./store/workspace";
import { createLabClient } from "./workers/client";

/** A file that came with the page; undefined when it is missing or no JSON, the page then does without. */
async function fetchJson(path: string): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, document.baseURI));
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

async function start(): Promise<void> {
  const scheme = localStorageColorSchemeManager({ key: "palimpsest.scheme" });
  const holder: { workspace?: Workspace } = {};
  const { lab } = createLabClient((notice) => void holder.workspace?.hear(notice));
  const workspace = createWorkspace(lab);
  holder.workspace = workspace;

  const [galleryJson, storedJson] = await Promise.all([
    fetchJson("examples/gallery.json"),
    fetchJson("examples/stored.json"),
  ]);
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
}

void start();
