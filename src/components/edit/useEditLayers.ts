/** The layers that the edit, as the form stands, would write. Empty: the method has no such setting. */
import { layerSettings } from "../../store/editStore";
import { layerSpec } from "../../store/methodStore";
import { useSlice } from "../workspaceContext";
import { useMethod } from "./useMethod";

export function useEditLayers(): readonly number[] {
  const fallback = useSlice("model", (state) => state.model?.defaultEditLayer);
  const form = useSlice("edit", (state) => state.form);
  const method = useMethod();
  if (method === undefined) return [form.layer ?? fallback ?? 0];
  const spec = layerSpec(method);
  if (spec === undefined) return [];
  const layers = { ...method.defaults, ...layerSettings(form, method), ...form.settings }[spec.name];
  return Array.isArray(layers) ? layers : typeof layers === "number" ? [layers] : [];
}
