/** How a trace is computed: samples, noise, window, seed, and for severed paths which module is cut. */
import { Button, NativeSelect } from "@mantine/core";
import { NumberField } from "../ui/NumberField";
import { Setting } from "../ui/SettingsPopover";
import { useSlice, useWorkspace } from "../workspaceContext";

export default function TraceSettingsSheet({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace();
  const view = useSlice("trace", (state) => state.view);
  const settings = useSlice("trace", (state) => state.settings);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const { setSettings } = workspace.stores.trace.getState();
  return (
    <>
      <Setting label="Samples" hint="Noise is drawn this many times; every cell is the mean.">
        <NumberField
          label="Samples"
          integer
          min={1}
          max={100}
          value={settings.samples}
          onCommit={(value) => setSettings({ samples: value ?? 10 })}
        />
      </Setting>
      <Setting
        label="Noise level"
        hint="Left empty: three standard deviations of the subjects' embeddings, as in the paper."
      >
        <NumberField
          label="Noise level"
          min={0}
          max={1000}
          placeholder="3σ"
          value={settings.noise === "3sigma" ? undefined : settings.noise}
          onCommit={(value) => setSettings({ noise: value ?? "3sigma" })}
        />
      </Setting>
      <Setting
        label="Window"
        hint="MLP and attention outputs are restored in this many layers around each cell: one alone is too weak to see."
      >
        <NumberField
          label="Window"
          integer
          min={1}
          max={128}
          value={settings.window}
          onCommit={(value) => setSettings({ window: value ?? 10 })}
        />
      </Setting>
      <Setting label="Seed" hint="The same seed draws the same noise, here and in ROME's published code.">
        <NumberField
          label="Seed"
          integer
          min={0}
          max={2 ** 32 - 1}
          value={settings.seed}
          onCommit={(value) => setSettings({ seed: value ?? 1 })}
        />
      </Setting>
      {view === "severed" ? (
        <Setting
          label="Cut off"
          hint="States are restored while this module keeps its corrupted outputs at the token."
        >
          <NativeSelect
            size="xs"
            aria-label="Cut off"
            value={settings.sever}
            data={[
              { value: "mlp", label: "MLPs" },
              { value: "attention", label: "attention" },
            ]}
            onChange={(event) => setSettings({ sever: event.currentTarget.value as "mlp" | "attention" })}
          />
        </Setting>
      ) : null}
      <Button
        mt="xs"
        fullWidth
        size="xs"
        disabled={!isReady}
        onClick={() => {
          onClose();
          void workspace.trace();
        }}
      >
        Trace with these
      </Button>
    </>
  );
}
