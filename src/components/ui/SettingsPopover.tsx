/** A button that opens a small sheet of settings beside it. What floats is fetched when the first one opens. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { fetchedOver } from "./fetched";
import { ChevronIcon } from "./icons";
import styles from "./SettingsPopover.module.css";
import { useOpener } from "./useOpener";

const FloatingSheet = fetchedOver("What opens here", () => import("./FloatingSheet"));

type SettingsPopoverProps = {
  label: ReactNode;
  /** The label in words, where it is not a text itself. */
  labelText?: string;
  name: string;
  width?: number;
  /** A function gets the way to close the sheet. */
  children: ReactNode | ((close: () => void) => ReactNode);
};

export function SettingsPopover({ label, labelText, name, width = 300, children }: SettingsPopoverProps) {
  const words = labelText ?? (typeof label === "string" ? label : undefined);
  const { isOpen, close, opener } = useOpener();
  return (
    <span className={styles.anchor}>
      <Button
        {...opener}
        className={styles.chip ?? ""}
        size="compact-sm"
        variant="default"
        rightSection={<ChevronIcon />}
        aria-label={words === undefined ? name : `${words} · ${name}`}
        aria-haspopup="dialog"
      >
        {label}
      </Button>
      {isOpen ? (
        <FloatingSheet name={name} width={width} onClose={close}>
          {typeof children === "function" ? children(close) : children}
        </FloatingSheet>
      ) : null}
    </span>
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
