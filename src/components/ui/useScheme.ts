/** Light or dark as it is drawn now, for what CSS cannot reach: computed colours of cells and pictures. */
import { useComputedColorScheme } from "@mantine/core";
import type { Scheme } from "../../lib/heatmap/colour";

export function useScheme(): Scheme {
  return useComputedColorScheme("light");
}
