/** A button that opens a small sheet of settings beside it. */
import { Button, Popover } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { ChevronIcon } from "./icons";
import styles from "./SettingsPopover.module.css";

type SettingsPopoverProps = { label: ReactNode; name: string; width?: number; children: ReactNode };

export function SettingsPopover({ label, name, width = 300, children }: SettingsPopoverProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      width={width}
      position="bottom-end"
      shadow="md"
      trapFocus
      returnFocus
      withRoles
    >
      <Popover.Target>
        <Button
          className={styles.chip ?? ""}
          size="compact-sm"
          variant="default"
          rightSection={<ChevronIcon />}
          aria-label={typeof label === "string" ? `${label} · ${name}` : name}
          onClick={() => setOpened(!opened)}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={styles.sheet ?? ""} aria-label={name}>
        {children}
      </Popover.Dropdown>
    </Popover>
  );
}

/** One labelled row: the control, and in softer ink what it does. */
export function Setting({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <label className={styles.setting}>
      <span className={styles.label}>{label}</span>
      <span className={styles.control}>{children}</span>
      {hint === undefined ? null : <span className={styles.hint}>{hint}</span>}
    </label>
  );
}
