/** Which sheet lies over the page, if any. In a store, because a notice or a link may open one too. */
import { createStore, type StoreApi } from "zustand/vanilla";

export type SheetName = "help" | "models" | "report";

export type SheetState = {
  sheet: SheetName | undefined;
  open(sheet: SheetName): void;
  close(): void;
};

export type SheetStore = StoreApi<SheetState>;

export function createSheetStore(): SheetStore {
  return createStore<SheetState>()((set) => ({
    sheet: undefined,
    open: (sheet) => set({ sheet }),
    close: () => set({ sheet: undefined }),
  }));
}
