/** How components reach the stores: one context, one hook. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { StoreApi } from "zustand/vanilla";
import type { Stores } from "../store/stores";
import type { Workspace } from "../store/workspace";

export const WorkspaceContext = createContext<Workspace | undefined>(undefined);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === undefined) throw new Error("useWorkspace needs a WorkspaceContext above it.");
  return workspace;
}

type StateOf<Store> = Store extends StoreApi<infer State> ? State : never;
type States = { [Name in keyof Stores]: StateOf<Stores[Name]> };

/** A slice of one store; the component draws again only when the slice changes. */
export function useSlice<Name extends keyof Stores, Slice>(
  name: Name,
  select: (state: States[Name]) => Slice,
): Slice {
  const stores: { [Key in keyof States]: StoreApi<States[Key]> } = useWorkspace().stores;
  return useStore<StoreApi<States[Name]>, Slice>(stores[name], select);
}
