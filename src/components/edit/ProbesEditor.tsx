/** What the edit is tested on, behind a button that tells how many probes there are. */
import { useSlice } from "../workspaceContext";
import { fetched } from "../ui/fetched";
import { SettingsPopover } from "../ui/SettingsPopover";

const ProbesSheet = fetched("The list of probes", () => import("./ProbesSheet"));

export function ProbesEditor() {
  const count = useSlice("edit", ({ form }) => form.paraphrases.length + form.neighbours.length);
  return (
    <SettingsPopover name="What the edit is tested on" label={`${count} probes`} width={460}>
      <ProbesSheet />
    </SettingsPopover>
  );
}
