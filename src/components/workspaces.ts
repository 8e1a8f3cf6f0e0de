/**
 * The workspaces of the page, in the order of the top bar. An entry appears here when its workspace exists; all but
 * the first are fetched when they are first opened. To add one: a component with a default export that draws
 * `Panel`s inside a `<main>`, and a line here. `stores.place.getState().go(id)` leads to it from anywhere.
 */
import { lazy, type ComponentType } from "react";
import type { Gallery } from "../store/gallery";
import { FIRST_PLACE } from "../store/placeStore";
import { TraceAndEdit } from "./TraceAndEdit";

export type WorkspaceProps = { gallery: Gallery | undefined };

export type WorkspaceEntry = { id: string; label: string; View: ComponentType<WorkspaceProps> };

const TRACE_AND_EDIT: WorkspaceEntry = { id: FIRST_PLACE, label: "Trace & edit", View: TraceAndEdit };

export const WORKSPACES: readonly WorkspaceEntry[] = [
  TRACE_AND_EDIT,
  { id: "batch", label: "Many edits", View: lazy(() => import("./batch/BatchWorkspace")) },
  {
    id: "superposition",
    label: "Superposition",
    View: lazy(() => import("./superposition/SuperpositionWorkspace")),
  },
  { id: "lifelong", label: "Lifelong", View: lazy(() => import("./lifelong/LifelongWorkspace")) },
  { id: "compare", label: "Compare", View: lazy(() => import("./compare/CompareWorkspace")) },
];

export function workspaceEntry(place: string): WorkspaceEntry {
  return WORKSPACES.find(({ id }) => id === place) ?? TRACE_AND_EDIT;
}
