/**
 * The workspaces of the page, in the order of the top bar. An entry appears here when its workspace exists; all but
 * the first are fetched when they are first opened. To add one: a component with a default export that draws
 * `Panel`s inside a `<main>`, and a line here. `stores.place.getState().go(id)` leads to it from anywhere.
 */
import type { ComponentType, ReactNode } from "react";
import type { Gallery } from "../store/gallery";
import { FIRST_PLACE } from "../store/placeStore";
import styles from "./App.module.css";
import { TraceAndEdit } from "./TraceAndEdit";
import { fetched } from "./ui/fetched";

export type WorkspaceProps = { gallery: Gallery | undefined };

export type WorkspaceEntry = { id: string; label: string; View: ComponentType<WorkspaceProps> };

const TRACE_AND_EDIT: WorkspaceEntry = { id: FIRST_PLACE, label: "Trace & edit", View: TraceAndEdit };

/** A workspace's room while its code is on its way, and should it not come. */
const room = (note: ReactNode): ReactNode => (
  <main className={styles.workspace} aria-busy={note === null}>
    {note}
  </main>
);

const later = (
  id: string,
  label: string,
  load: Parameters<typeof fetched<WorkspaceProps>>[1],
): WorkspaceEntry => ({
  id,
  label,
  View: fetched(`The workspace ${label}`, load, room),
});

export const WORKSPACES: readonly WorkspaceEntry[] = [
  TRACE_AND_EDIT,
  later("batch", "Many edits", () => import("./batch/BatchWorkspace")),
  later("superposition", "Superposition", () => import("./superposition/SuperpositionWorkspace")),
  later("lifelong", "Lifelong", () => import("./lifelong/LifelongWorkspace")),
  later("compare", "Compare", () => import("./compare/CompareWorkspace")),
];

export function workspaceEntry(place: string): WorkspaceEntry {
  return WORKSPACES.find(({ id }) => id === place) ?? TRACE_AND_EDIT;
}
