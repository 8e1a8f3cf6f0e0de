/** A number to type: commits on Enter or on leaving, keeps the last good value when what was typed is none. */
import { TextInput } from "@mantine/core";
import { useState } from "react";

type NumberFieldProps = {
  value: number | undefined;
  /** Shown while there is no value: what holds then. */
  placeholder?: string;
  min?: number;
  max?: number;
  integer?: boolean;
  label: string;
  onCommit: (value: number | undefined) => void;
};

export function NumberField({
  value,
  placeholder,
  min = -Infinity,
  max = Infinity,
  integer,
  label,
  onCommit,
}: NumberFieldProps) {
  const [draft, setDraft] = useState<string>();
  const commit = (): void => {
    if (draft === undefined) return;
    setDraft(undefined);
    if (draft.trim() === "") return onCommit(undefined);
    const typed = Number(draft.replace(",", "."));
    if (!Number.isFinite(typed)) return;
    const bounded = Math.min(max, Math.max(min, typed));
    onCommit(integer === true ? Math.round(bounded) : bounded);
  };
  return (
    <TextInput
      size="xs"
      w={104}
      inputMode="decimal"
      aria-label={label}
      placeholder={placeholder ?? ""}
      value={draft ?? (value === undefined ? "" : String(value))}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
      }}
      styles={{ input: { textAlign: "right" } }}
    />
  );
}
