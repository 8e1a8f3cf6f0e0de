/** The workspaces by name. Links, so that each opens in a tab of its own and the browser's own keys work. */
import { useEffect, useRef, type MouseEvent } from "react";
import { addressOf } from "../store/placeStore";
import styles from "./App.module.css";
import { useSlice, useWorkspace } from "./workspaceContext";
import { workspaceEntry, WORKSPACES } from "./workspaces";

/** A click that the browser should handle itself: another tab or window. */
const isForBrowser = (event: MouseEvent): boolean =>
  event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

export function WorkspaceNav() {
  const { stores } = useWorkspace();
  const place = useSlice("place", (state) => workspaceEntry(state.place).id);
  const nav = useRef<HTMLElement>(null);
  // On a narrow screen the line scrolls; the present workspace stays in sight.
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [place]);
  return (
    <nav className={styles.nav} aria-label="Workspaces" ref={nav}>
      {WORKSPACES.map(({ id, label }) => (
        <a
          key={id}
          href={addressOf(id, location.search, location.hash)}
          aria-current={id === place ? "page" : undefined}
          onClick={(event) => {
            if (isForBrowser(event)) return;
            event.preventDefault();
            stores.place.getState().go(id);
          }}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
