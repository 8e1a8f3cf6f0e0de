/** The sheet that floats below a button: keeps the focus inside, closes on Escape and on a press outside. */
import { Popover } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./SettingsPopover.module.css";

type FloatingSheetProps = { name: string; width: number; onClose: () => void; children: ReactNode };

/** However little room there is below or above the button, in pixels. */
const LEAST = 200;

export default function FloatingSheet({ name, width, onClose, children }: FloatingSheetProps) {
  return (
    <Popover
      opened
      onChange={(opened) => (opened ? undefined : onClose())}
      width={width}
      position="bottom-end"
      middlewares={{
        flip: true,
        shift: true,
        // Never longer than the room it has: what it holds scrolls instead.
        size: {
          padding: 8,
          apply: ({ availableHeight, elements }) =>
            elements.floating.style.setProperty(
              "--room",
              `${Math.max(LEAST, Math.round(availableHeight))}px`,
            ),
        },
      }}
      shadow="md"
      trapFocus
      withRoles={false}
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>
        <span className={styles.target} />
      </Popover.Target>
      {/* Takes the focus itself while what it holds is still being fetched: Escape must reach it. */}
      <Popover.Dropdown className={styles.sheet ?? ""} role="dialog" aria-label={name} tabIndex={-1}>
        {children}
      </Popover.Dropdown>
    </Popover>
  );
}
