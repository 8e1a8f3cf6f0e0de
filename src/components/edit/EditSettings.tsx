/** Every setting of the method with its explanation, behind a button that tells how many differ from the defaults. */
import { useSlice } from "../workspaceContext";
import { fetched } from "../ui/fetched";
import { SettingsPopover } from "../ui/SettingsPopover";

const EditSettingsSheet = fetched("The settings", () => import("./EditSettingsSheet"));

export function EditSettings() {
  const changed = useSlice("edit", (state) => Object.keys(state.form.settings).length);
  return (
    <SettingsPopover
      name="Settings of the edit"
      label={changed === 0 ? "more…" : `more · ${changed} set`}
      width={340}
    >
      <EditSettingsSheet />
    </SettingsPopover>
  );
}
