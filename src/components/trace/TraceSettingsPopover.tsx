/** How a trace is computed, in short, behind it the sheet where it is chosen. */
import { useSlice } from "../workspaceContext";
import { fetched } from "../ui/fetched";
import { SettingsPopover } from "../ui/SettingsPopover";

const TraceSettingsSheet = fetched("The settings", () => import("./TraceSettingsSheet"));

export function TraceSettingsPopover() {
  const view = useSlice("trace", (state) => state.view);
  const settings = useSlice("trace", (state) => state.settings);
  const noise = settings.noise === "3sigma" ? "3σ" : `σ ${settings.noise}`;
  const hasWindow = view === "mlp" || view === "attention";
  const window = hasWindow ? ` · window ${settings.window}` : "";

  return (
    <SettingsPopover
      name="How it is traced"
      label={`${settings.samples} × ${noise}${window} · seed ${settings.seed}`}
      width={320}
    >
      {(close) => <TraceSettingsSheet onClose={close} />}
    </SettingsPopover>
  );
}
