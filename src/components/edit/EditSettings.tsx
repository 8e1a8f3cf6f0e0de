/** Every setting of the method with its explanation. An empty field means the model's default, which it shows. */
import { Button, NativeSelect, Switch } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { NumberField } from "../ui/NumberField";
import { Setting, SettingsPopover } from "../ui/SettingsPopover";
import { StatisticsEditor } from "./StatisticsEditor";
import { ROME_FIELDS, type RomeField } from "./romeFields";

function FieldControl({ field }: { field: RomeField }) {
  const { stores } = useWorkspace();
  const given = useSlice("edit", (state) => state.form.settings[field.name]);
  const fallback = useSlice("model", (state) => state.model?.editDefaults[field.name]);
  const { setSetting } = stores.edit.getState();
  if (field.kind === "switch") {
    return (
      <Switch
        aria-label={field.label}
        checked={Boolean(given ?? fallback)}
        onChange={(event) => setSetting(field.name, event.currentTarget.checked)}
      />
    );
  }
  if (field.kind === "choice") {
    return (
      <NativeSelect
        size="xs"
        aria-label={field.label}
        value={String(given ?? fallback)}
        data={field.choices.map((choice) => ({ ...choice }))}
        onChange={(event) => setSetting(field.name, event.currentTarget.value)}
      />
    );
  }
  return (
    <NumberField
      label={field.label}
      integer={field.kind === "integer"}
      value={typeof given === "number" ? given : undefined}
      placeholder={String(fallback ?? "")}
      onCommit={(value) => setSetting(field.name, value)}
    />
  );
}

export function EditSettings() {
  const { stores } = useWorkspace();
  const settings = useSlice("edit", (state) => state.form.settings);
  const seed = useSlice("edit", (state) => state.form.seed);
  const changed = Object.keys(settings).length;
  const { setForm } = stores.edit.getState();
  return (
    <SettingsPopover
      name="Settings of the edit"
      label={changed === 0 ? "more…" : `more · ${changed} set`}
      width={340}
    >
      {ROME_FIELDS.map((field) => (
        <Setting key={field.name} label={field.label} hint={field.hint}>
          <FieldControl field={field} />
        </Setting>
      ))}
      <Setting label="Seed" hint="Draws the short texts that the new value is tried behind.">
        <NumberField
          label="Seed"
          integer
          min={0}
          max={2 ** 32 - 1}
          value={seed}
          onCommit={(value) => setForm({ seed: value ?? 1 })}
        />
      </Setting>
      <StatisticsEditor />
      <Button
        mt="xs"
        size="xs"
        variant="default"
        disabled={changed === 0}
        onClick={() => setForm({ settings: {} })}
      >
        Back to the defaults
      </Button>
    </SettingsPopover>
  );
}
