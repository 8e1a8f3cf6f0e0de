/** The page's few icons, drawn in the current ink. Decorative: what they mean is always said in words. */
import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const MoonIcon = () => (
  <Icon>
    <path d="M13.2 9.8A5.7 5.7 0 0 1 6.2 2.8a5.7 5.7 0 1 0 7 7Z" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" />
  </Icon>
);
export const DotsIcon = () => (
  <Icon>
    <path d="M3.2 8h.01M8 8h.01M12.8 8h.01" strokeWidth="2.2" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon>
    <path d="m4.5 6.5 3.5 3.5 3.5-3.5" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const SlidersIcon = () => (
  <Icon>
    <path d="M2.5 5h6M12 5h1.5M2.5 11H5M8.5 11h5" />
    <circle cx="10.2" cy="5" r="1.6" />
    <circle cx="6.8" cy="11" r="1.6" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M6.7 9.3a2.7 2.7 0 0 0 3.9.2l2-2a2.7 2.7 0 0 0-3.9-3.8l-.9.9M9.3 6.7a2.7 2.7 0 0 0-3.9-.2l-2 2a2.7 2.7 0 0 0 3.9 3.8l.9-.9" />
  </Icon>
);
export const PulseIcon = () => (
  <Icon>
    <path d="M1.5 8.5h3l2-5.5 3 10 2-4.5h3" />
  </Icon>
);
