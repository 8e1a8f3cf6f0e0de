/**
 * What is restored: states, MLP or attention outputs, states with a module cut off, or the change after an edit; and the
 * average over many prompts.
 */
import { SegmentedControl } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { enabledCount } from "../../store/stackStore";
import type { TraceView } from "../../store/traceStore";

const VIEWS: { value: TraceView; label: string }[] = [
  { value: "state", label: "States" },
  { value: "mlp", label: "MLP" },
  { value: "attention", label: "Attention" },
  { value: "severed", label: "Severed" },
  { value: "difference", label: "Δ after edit" },
];

const AVERAGE = { value: "average", label: "Average" } as const;

export function ViewTabs() {
  const workspace = useWorkspace();
  const view = useSlice("trace", (state) => state.view);
  const hasEdits = useSlice("stack", (state) => enabledCount(state.stack) > 0);
  const isAverage = useSlice("average", (state) => state.isOpen);
  const { open, close } = workspace.stores.average.getState();
  const isReady = useSlice("model", (state) => state.model !== undefined);
  return (
    <SegmentedControl
      size="xs"
      aria-label="What is restored"
      value={isAverage ? AVERAGE.value : view}
      data={[
        ...VIEWS.map((item) => ({
          ...item,
          disabled: item.value !== view && (!isReady || (item.value === "difference" && !hasEdits)),
        })),
        AVERAGE,
      ]}
      onChange={(value) => {
        if (value === AVERAGE.value) return open();
        close();
        if (value !== view) void workspace.changeView(value as TraceView);
      }}
    />
  );
}
