/** Mantine in the page's own paper and ink; its component styles are imported here and nowhere else. */
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/global.css";
import "@mantine/core/styles/ScrollArea.css";
import "@mantine/core/styles/UnstyledButton.css";
import "@mantine/core/styles/VisuallyHidden.css";
import "@mantine/core/styles/Paper.css";
import "@mantine/core/styles/Popover.css";
import "@mantine/core/styles/CloseButton.css";
import "@mantine/core/styles/Loader.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Modal.css";
import "@mantine/core/styles/Input.css";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/Flex.css";
import "@mantine/core/styles/FloatingIndicator.css";
import "@mantine/core/styles/ActionIcon.css";
import "@mantine/core/styles/Button.css";
import "@mantine/core/styles/Menu.css";
import "@mantine/core/styles/SegmentedControl.css";
import "@mantine/core/styles/Switch.css";
import "@mantine/core/styles/Checkbox.css";
import "@mantine/core/styles/Tooltip.css";
import "@mantine/core/styles/Progress.css";
import "./theme.css";
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** One ramp from wash to fill; Mantine picks from it only where a component has no style of its own. */
const WARM: MantineColorsTuple = [
  "#fdebdb",
  "#fbd9bd",
  "#f6b98a",
  "#f09a5a",
  "#e67e33",
  "#d45f18",
  "#bf430b",
  "#a53908",
  "#8a3007",
  "#6e2605",
];

export const theme = createTheme({
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  headings: { fontFamily: "var(--serif)" },
  primaryColor: "warm",
  primaryShade: { light: 6, dark: 3 },
  colors: { warm: WARM },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  focusRing: "auto",
});

export const variables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--sheet)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-soft)",
    "--mantine-color-placeholder": "var(--ink-soft)",
    "--mantine-color-default": "var(--sheet)",
    "--mantine-color-default-hover": "var(--well)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-error": "var(--bad)",
    "--mantine-color-anchor": "var(--edit)",
    "--mantine-radius-md": "8px",
  };
  return { variables: shared, light: shared, dark: shared };
};
