/** A button that opens and closes something floating, and gets the focus back when that closes. */
import { useRef, useState, type RefObject } from "react";

type Opener = {
  ref: RefObject<HTMLButtonElement | null>;
  "aria-expanded": boolean;
  onPointerDown: () => void;
  onClick: () => void;
};

export function useOpener(): { isOpen: boolean; close: () => void; opener: Opener } {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  // A press on the button closes the sheet as a press outside it; the click that follows must not open it again.
  const wasOpen = useRef(false);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const opener: Opener = {
    ref: button,
    "aria-expanded": isOpen,
    onPointerDown: () => {
      wasOpen.current = isOpen;
    },
    onClick: () => {
      setOpen(!wasOpen.current && !isOpen);
      wasOpen.current = false;
    },
  };
  return { isOpen, close, opener };
}
