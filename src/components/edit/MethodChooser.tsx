/** The method by name; a press shows all of them. */
import { useSlice, useWorkspace } from "../workspaceContext";
import { fetched } from "../ui/fetched";
import { SettingsPopover } from "../ui/SettingsPopover";

const MethodList = fetched("The list of methods", () => import("./MethodList"));

export function MethodChooser() {
  const { stores } = useWorkspace();
  const name = useSlice("edit", (state) => state.form.method);
  return (
    <SettingsPopover name="Method" label={<strong>{name}</strong>} labelText={name} width={440}>
      {(close) => (
        <MethodList
          chosen={name}
          onChoose={(method) => {
            stores.edit.getState().chooseMethod(method);
            close();
          }}
        />
      )}
    </SettingsPopover>
  );
}
