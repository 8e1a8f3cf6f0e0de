/** Under the heatmap: the legend, how it was computed, table, transpose and the files. */
import { Button } from "@mantine/core";
import { useSlice } from "../workspaceContext";
import { ChevronIcon } from "../ui/icons";
import { OverflowMenu } from "../ui/OverflowMenu";
import { useScheme } from "../ui/useScheme";
import { exportTrace, EXPORTS } from "./exportTrace";
import { Legend } from "./Legend";
import styles from "./trace.module.css";
import type { TraceLayout } from "./TracePanel";
import { TraceSettingsPopover } from "./TraceSettingsPopover";
import type { TracePicture } from "./useTracePicture";

type TraceFooterProps = {
  picture: TracePicture;
  layout: TraceLayout;
  onLayout: (layout: TraceLayout) => void;
};

export function TraceFooter({ picture, layout, onLayout }: TraceFooterProps) {
  const scheme = useScheme();
  const shown = useSlice("trace", (state) => state.shown);
  return (
    <div className={styles.footer}>
      <Legend picture={picture} />
      <div className={styles.tools}>
        <TraceSettingsPopover />
        <Button
          size="compact-sm"
          variant="default"
          aria-pressed={layout.isTable}
          onClick={() => onLayout({ ...layout, isTable: !layout.isTable })}
        >
          {layout.isTable ? "Picture" : "Table"}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          aria-pressed={layout.isTransposed}
          disabled={layout.isTable}
          onClick={() => onLayout({ ...layout, isTransposed: !layout.isTransposed })}
        >
          Transpose
        </Button>
        <OverflowMenu
          name="Export"
          button={(opener) => (
            <Button
              {...opener}
              size="compact-sm"
              variant="default"
              rightSection={<ChevronIcon />}
              disabled={picture.isPartial}
            >
              Export
            </Button>
          )}
          actions={EXPORTS.map(({ kind, label }) => ({
            label,
            onChoose: () => void exportTrace(kind, picture, shown, scheme),
          }))}
        />
      </div>
    </div>
  );
}
