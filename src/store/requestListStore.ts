/** A list of requests that the user pasted or opened: read row by row, for a batch and for a duel. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditRequest } from "../domain/edit";
import type { RequestRows } from "../lib/requests/readRequestRows";
import { toAppError } from "./run";
import type { AppError } from "../lib/errors";

/** More rows than this are for the command line. */
export const MOST_ROWS = 1000;

export type RequestListState = {
  text: string;
  fileName: string;
  list: RequestRows | undefined;
  error: AppError | undefined;
  setText(text: string, fileName?: string): void;
  /** Reads what was typed last. */
  read(): Promise<void>;
  /** More requests at the end, each a row of its own; a list of another form makes way. */
  add(requests: readonly EditRequest[]): Promise<void>;
};

export type RequestListStore = StoreApi<RequestListState>;

const PASTED = "The list";

/** As this lab writes a request: the fields of its own request files. */
function toRecord({ prompt, subject, targetNew, targetTrue, paraphrases, neighbours }: EditRequest): object {
  return {
    prompt,
    subject,
    target_new: targetNew,
    ...(targetTrue === undefined ? {} : { target_true: targetTrue }),
    ...(paraphrases.length === 0 ? {} : { paraphrase_prompts: paraphrases }),
    ...(neighbours.length === 0 ? {} : { neighborhood: neighbours }),
  };
}

/** The requests that could be read, in the order of the rows. */
export function readableRequests(list: RequestRows | undefined): EditRequest[] {
  return list?.rows.flatMap((row) => (row.status === "read" ? [row.request] : [])) ?? [];
}

export function createRequestListStore(): RequestListStore {
  return createStore<RequestListState>()((set, get) => ({
    text: "",
    fileName: PASTED,
    list: undefined,
    error: undefined,
    setText: (text, fileName = PASTED) => set({ text, fileName }),
    read: async () => {
      const { text, fileName } = get();
      if (text.trim() === "") return set({ list: undefined, error: undefined });
      // Benchmarks' forms are read by code that the first paint does not need.
      const { readRequestRows } = await import("../lib/requests/readRequestRows");
      if (get().text !== text) return;
      try {
        const list = readRequestRows(text, fileName);
        set({ list: { ...list, rows: list.rows.slice(0, MOST_ROWS) }, error: undefined });
      } catch (error) {
        set({ list: undefined, error: toAppError(error) });
      }
    },
    add: async (requests) => {
      const { list } = get();
      const earlier = list?.form === "requests" ? readableRequests(list) : [];
      const records = [...earlier, ...requests].map(toRecord);
      set({ text: JSON.stringify(records, null, 1), fileName: PASTED });
      await get().read();
    },
  }));
}
