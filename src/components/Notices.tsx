/**
 * What the user should hear once, each can be put away: in the lower corner, where nothing moves because of it; on narrow
 * screens, which have no free corner, below the top bar.
 */
import { ActionIcon, Button } from "@mantine/core";
import { useEffect } from "react";
import { useSlice, useWorkspace } from "./workspaceContext";
import type { Notice } from "../store/noticeStore";
import styles from "./App.module.css";
import { CloseIcon } from "./ui/icons";
import { ProseText } from "./ui/ModelText";

/** Good news leaves by itself; trouble, and what offers something to do, stay until they are put away. */
const LIFETIME = 9000;

function NoticeLine({ notice }: { notice: Notice }) {
  const { stores } = useWorkspace();
  const { dismiss } = stores.notices.getState();
  const { action } = notice;
  useEffect(() => {
    if (notice.tone === "bad" || notice.action !== undefined) return undefined;
    const timer = setTimeout(() => dismiss(notice.id), LIFETIME);
    return () => clearTimeout(timer);
  }, [notice, dismiss]);
  return (
    <div className={styles.notice} data-tone={notice.tone} role={notice.tone === "bad" ? "alert" : "status"}>
      <span className={styles.noticeText}>
        <strong>
          <ProseText text={notice.title} />
        </strong>{" "}
        <ProseText text={notice.text} />
      </span>
      {action === undefined ? null : (
        <Button
          size="compact-sm"
          variant="default"
          className={styles.offer ?? ""}
          onClick={() => {
            dismiss(notice.id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <ActionIcon variant="subtle" color="gray" aria-label="Put away" onClick={() => dismiss(notice.id)}>
        <CloseIcon />
      </ActionIcon>
    </div>
  );
}

export function Notices() {
  const notices = useSlice("notices", (state) => state.notices);
  return (
    <div className={styles.notices}>
      {notices.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
    </div>
  );
}
