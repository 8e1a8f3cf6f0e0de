/** Says when a layer chosen for the edit has an MLP that writes nothing in this model. */
import { silentSentence } from "../../lib/silentSentence";
import { Hint } from "../ui/ErrorNote";
import { useSlice } from "../workspaceContext";
import { useEditLayers } from "./useEditLayers";

export function SilentLayers() {
  const model = useSlice("model", (state) => state.model);
  const layers = useEditLayers();
  const silent = layers.filter((layer) => model?.silentLayers?.includes(layer));
  if (model === undefined || silent.length === 0) return null;
  return <Hint>{silentSentence(silent, model.defaultEditLayer)}</Hint>;
}
