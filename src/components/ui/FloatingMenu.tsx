/** The menu that floats below a button: arrows move, Enter chooses, Escape closes. */
import { Menu } from "@mantine/core";
import type { MenuAction } from "./OverflowMenu";
import styles from "./SettingsPopover.module.css";

type FloatingMenuProps = { actions: readonly MenuAction[]; name: string; onClose: () => void };

export default function FloatingMenu({ actions, name, onClose }: FloatingMenuProps) {
  return (
    <Menu
      opened
      onChange={(opened) => (opened ? undefined : onClose())}
      position="bottom-end"
      shadow="md"
      trapFocus
      withInitialFocusPlaceholder={false}
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <span className={styles.target} />
      </Menu.Target>
      <Menu.Dropdown aria-label={name}>
        {actions.map(({ label, isDisabled = false, isGrave = false, onChoose }) => (
          <Menu.Item
            key={label}
            disabled={isDisabled}
            {...(isGrave ? { color: "var(--bad)" } : {})}
            onClick={onChoose}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
