/** A button that lets the user choose a file of this machine; the same file can be chosen again. */
import { Button } from "@mantine/core";
import { useRef } from "react";

type FileButtonProps = {
  label: string;
  /** What the file is, for whom the button's words alone do not say. */
  name: string;
  accept: string;
  onFile: (file: File) => void;
};

export function FileButton({ label, name, accept, onFile }: FileButtonProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => picker.current?.click()}>
        {label}
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        accept={accept}
        aria-label={name}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file !== undefined) onFile(file);
        }}
      />
    </>
  );
}
