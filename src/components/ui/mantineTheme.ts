/** Mantine in the page's own paper and ink; its component styles are imported here and nowhere else. */
import "@mantine/core/styles/default-css-variables.layer.css";
import "@mantine/core/styles/baseline.layer.css";
import "@mantine/core/styles/global.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/UnstyledButton.layer.css";
import "@mantine/core/styles/VisuallyHidden.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/Popover.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Loader.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/Input.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Flex.layer.css";
import "@mantine/core/styles/FloatingIndicator.layer.css";
import "@mantine/core/styles/ActionIcon.layer.css";
import "@mantine/core/styles/Button.layer.css";
import "@mantine/core/styles/Menu.layer.css";
import "@mantine/core/styles/SegmentedControl.layer.css";
import "@mantine/core/styles/Switch.layer.css";
import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/Tooltip.layer.css";
import "@mantine/core/styles/Progress.layer.css";
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

/** Warm greys for borders and grounds, in place of Mantine's blue ones. */
const STONE: MantineColorsTuple = [
  "#f6f2e9",
  "#f3eee3",
  "#ebe5d8",
  "#e3dccd",
  "#d9d0be",
  "#b9ae99",
  "#8d8371",
  "#5f574b",
  "#3d372e",
  "#1d1a16",
];
const NIGHT: MantineColorsTuple = [
  "#efe9dd",
  "#d3c9ba",
  "#b3a998",
  "#8a7f6e",
  "#4c453a",
  "#37312a",
  "#29251f",
  "#1d1a17",
  "#171512",
  "#141210",
];

export const theme = createTheme({
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  headings: { fontFamily: "var(--serif)" },
  primaryColor: "warm",
  primaryShade: { light: 6, dark: 3 },
  colors: { warm: WARM, gray: STONE, dark: NIGHT },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  focusRing: "auto",
  // Named, so that theme.css can tell the filled button from the others.
  components: { Button: { defaultProps: { variant: "filled" } } },
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
