/** What the page says about new versions of itself. */
import type { OfflineNews } from "../offline/keepOffline";
import type { NoticeStore } from "./noticeStore";

const UPDATE = "A new version of the page is ready.";

export function createOfflineNews(notices: NoticeStore): (news: OfflineNews) => void {
  const { tell } = notices.getState();
  return (news) => {
    switch (news.kind) {
      case "update":
        return tell("info", UPDATE, "Your question and your edits stay.", { label: "Reload", run: news.use });
      case "replaced":
        return tell("info", UPDATE, "Another tab uses it already. This one goes on as it is.", {
          label: "Reload",
          run: () => location.reload(),
        });
    }
  };
}
