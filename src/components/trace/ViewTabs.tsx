/** What is restored: states, MLP or attention outputs, states with a module cut off, or the change after an edit. */
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

export function ViewTabs() {
  const workspace = useWorkspace();
  const view = useSlice("trace", (state) => state.view);
  const hasEdits = useSlice("stack", (state) => enabledCount(state.stack) > 0);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  return (
    <SegmentedControl
      size="xs"
      aria-label="What is restored"
      value={view}
      data={VIEWS.map((item) => ({
        ...item,
        disabled: item.value !== view && (!isReady || (item.value === "difference" && !hasEdits)),
      }))}
      onChange={(value) => void workspace.changeView(value as TraceView)}
    />
  );
}
