/** A button with a menu of actions. What floats is fetched when the first menu opens. */
import { lazy, Suspense, type ReactNode } from "react";
import styles from "./SettingsPopover.module.css";
import { useOpener } from "./useOpener";

const FloatingMenu = lazy(() => import("./FloatingMenu"));

export type MenuAction = { label: string; isDisabled?: boolean; isGrave?: boolean; onChoose: () => void };

type OverflowMenuProps = {
  actions: readonly MenuAction[];
  name: string;
  /** Draws the button; what it is given makes it open the menu. */
  button: (opener: ReturnType<typeof useOpener>["opener"] & { "aria-haspopup": "menu" }) => ReactNode;
};

export function OverflowMenu({ actions, name, button }: OverflowMenuProps) {
  const { isOpen, close, opener } = useOpener();
  return (
    <span className={styles.anchor}>
      {button({ ...opener, "aria-haspopup": "menu" })}
      {isOpen ? (
        <Suspense>
          <FloatingMenu actions={actions} name={name} onClose={close} />
        </Suspense>
      ) : null}
    </span>
  );
}
