/** What the page says and does about news from the worker's side: edits that came back, faults, restarts. */
import type { ClientNotice } from "../workers/client";
import type { Stores } from "./stores";

const counted = (edits: number): string => (edits === 1 ? "1 edit" : `${edits} edits`);

const UNKEPT = "Your edits are not kept";
const RESTART = "The engine is starting again";
const STOPPED = "The engine has stopped";

/** @param afterChange does what belongs to weights that have changed. */
export function createWorkerNews(
  { notices, model, stack, ask, prompt }: Stores,
  page: {
    changeStack(change: () => Promise<unknown>): Promise<void>;
    bringBackChanges(): void;
    askNext(): Promise<void>;
  },
): (news: ClientNotice) => Promise<void> {
  const { tell } = notices.getState();
  const refresh = (): Promise<void> => page.changeStack(() => stack.getState().refresh());
  const settle = (title: string): void => {
    for (const { id, title: told } of notices.getState().notices) {
      if (told === title) notices.getState().dismiss(id);
    }
  };

  return async (news) => {
    switch (news.kind) {
      case "restored":
        tell("good", `Restored ${counted(news.edits)}`, "Switch them off in the list of edits.");
        await refresh();
        return page.bringBackChanges();
      case "joined":
        tell(
          "info",
          `${counted(news.edits)} from another tab`,
          "Kept here too, switched off in the list of edits.",
        );
        return refresh();
      case "unkept":
        return tell("bad", UNKEPT, `${news.error.message} ${news.error.remedy}`);
      case "kept":
        return tell("good", UNKEPT, "They are now: storage takes them again.");
      case "fault":
        return tell("bad", news.error.message, news.error.remedy);
      case "restarting":
        return tell("bad", RESTART, news.error.message);
      case "stopped":
        settle(RESTART);
        model.getState().replaced(undefined);
        return tell("bad", STOPPED, `${news.error.message} Your edits are safe.`, {
          label: "Try again",
          run: () => {
            settle(STOPPED);
            tell("info", RESTART);
            news.tryAgain();
          },
        });
      case "restarted": {
        const { model: loaded } = news;
        tell("good", RESTART, loaded ? "Done. The model is loaded and your edits are back." : "Done.");
        model.getState().replaced(loaded);
        if (loaded === undefined) return;
        for (const notice of loaded.notices) tell("info", notice);
        await refresh();
        if (ask.getState().next.status === "done") return;
        await prompt.getState().tokenize();
        await page.askNext();
      }
    }
  };
}
