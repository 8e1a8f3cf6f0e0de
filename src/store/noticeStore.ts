/** Things the user should hear once: restored edits, a lost worker, a fallback. Each can be put away. */
import { createStore, type StoreApi } from "zustand/vanilla";

/** What the user can do about it at once. A notice that offers something stays until it is put away. */
export type NoticeAction = { label: string; run: () => void };

export type Notice = {
  id: number;
  tone: "good" | "info" | "bad";
  title: string;
  text: string;
  action: NoticeAction | undefined;
};

export type NoticeState = {
  notices: readonly Notice[];
  /** Adds a notice; one with the same title replaces the older. */
  tell(tone: Notice["tone"], title: string, text?: string, action?: NoticeAction): void;
  dismiss(id: number): void;
};

export type NoticeStore = StoreApi<NoticeState>;

export function createNoticeStore(): NoticeStore {
  let nextId = 1;
  return createStore<NoticeState>()((set, get) => ({
    notices: [],
    tell: (tone, title, text = "", action = undefined) => {
      const others = get().notices.filter((notice) => notice.title !== title);
      set({ notices: [...others, { id: nextId++, tone, title, text, action }] });
    },
    dismiss: (id) => set({ notices: get().notices.filter((notice) => notice.id !== id) }),
  }));
}
