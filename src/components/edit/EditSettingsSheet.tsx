/** What the edit's settings sheet holds, fetched when it first opens. An empty field means the model's default. */
import { Button, NativeSelect, Switch } from "@mantine/core";
import type { SettingSpec } from "../../domain/methods";
import { useSlice, useWorkspace } from "../workspaceContext";
import { NumberField } from "../ui/NumberField";
import { Setting } from "../ui/SettingsPopover";
import { KeySpectra } from "./KeySpectra";
import { StatisticsEditor } from "./StatisticsEditor";
import { choicesFor, wordsFor } from "./settingWords";
import { useMethod } from "./useMethod";

function FieldControl({ spec }: { spec: SettingSpec }) {
  const { stores } = useWorkspace();
  const given = useSlice("edit", (state) => state.form.settings[spec.name]);
  const fallback = useMethod()?.defaults[spec.name];
  const { setSetting } = stores.edit.getState();
  const { label } = wordsFor(spec);
  if (spec.kind === "layers") return null;
  if (spec.kind === "boolean") {
    return (
      <Switch
        aria-label={label}
        checked={Boolean(given ?? fallback)}
        onChange={(event) => setSetting(spec.name, event.currentTarget.checked)}
      />
    );
  }
  if (spec.kind === "choice") {
    return (
      <NativeSelect
        size="xs"
        aria-label={label}
        value={String(given ?? fallback)}
        data={choicesFor(spec)}
        onChange={(event) => setSetting(spec.name, event.currentTarget.value)}
      />
    );
  }
  return (
    <NumberField
      label={label}
      integer={spec.kind === "integer"}
      min={spec.min}
      max={spec.max}
      value={typeof given === "number" ? given : undefined}
      placeholder={String(fallback ?? "")}
      onCommit={(value) => setSetting(spec.name, value)}
    />
  );
}

export default function EditSettingsSheet() {
  const { stores } = useWorkspace();
  const method = useMethod();
  const settings = useSlice("edit", (state) => state.form.settings);
  const seed = useSlice("edit", (state) => state.form.seed);
  const { setForm } = stores.edit.getState();
  // Where to write stands beside the method's name.
  const specs = method?.settings.filter(({ name, kind }) => name !== "layer" && kind !== "layers") ?? [];
  return (
    <>
      {specs.map((spec) => (
        <Setting key={spec.name} {...wordsFor(spec)}>
          <FieldControl spec={spec} />
        </Setting>
      ))}
      <Setting
        label="Seed"
        hint="Draws the short texts that the new value is tried behind, and whatever else is drawn."
      >
        <NumberField
          label="Seed"
          integer
          min={0}
          max={2 ** 32 - 1}
          value={seed}
          onCommit={(value) => setForm({ seed: value ?? 1 })}
        />
      </Setting>
      <KeySpectra />
      <StatisticsEditor />
      <Button
        mt="xs"
        size="xs"
        variant="default"
        disabled={Object.keys(settings).length === 0}
        onClick={() => setForm({ settings: {} })}
      >
        Back to the defaults
      </Button>
    </>
  );
}
