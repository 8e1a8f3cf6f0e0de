/** A button with a menu of actions. What floats is fetched when the first menu opens. */
import type { ReactNode } from "react";
import { fetchedOver } from "./fetched";
import styles from "./SettingsPopover.module.css";
import { useOpener } from "./useOpener";

const FloatingMenu = fetchedOver("The menu", () => import("./FloatingMenu"));

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
      {isOpen ? <FloatingMenu actions={actions} name={name} onClose={close} /> : null}
    </span>
  );
}
