/** Where the method writes: one layer, several, or nowhere that could be chosen. */
import { NativeSelect } from "@mantine/core";
import { layerSpec } from "../../store/methodStore";
import { SettingsPopover } from "../ui/SettingsPopover";
import { useSlice, useWorkspace } from "../workspaceContext";
import styles from "./edit.module.css";
import listStyles from "./methods.module.css";
import { useEditLayers } from "./useEditLayers";
import { useMethod } from "./useMethod";

function OneLayer({ count, chosen, fallback }: { count: number; chosen: number; fallback: number }) {
  const { stores } = useWorkspace();
  return (
    <NativeSelect
      size="xs"
      aria-label="Layer to edit"
      title={`This model's default is layer ${fallback}`}
      classNames={{ input: styles.layer ?? "" }}
      value={String(chosen)}
      data={Array.from({ length: count }, (_none, index) => ({
        value: String(index),
        label: `layer ${index}`,
      }))}
      onChange={(event) => stores.edit.getState().setForm({ layer: Number(event.currentTarget.value) })}
    />
  );
}

/** `2–4`, or `2, 5` where they are not in a row. */
export function layersText(layers: readonly number[]): string {
  const [first, last] = [layers[0], layers.at(-1)];
  if (first === undefined || last === undefined) return "none";
  if (layers.length === 1) return String(first);
  return last - first === layers.length - 1 ? `${first}–${last}` : layers.join(", ");
}

function SeveralLayers({ count, chosen }: { count: number; chosen: readonly number[] }) {
  const { stores } = useWorkspace();
  const toggle = (layer: number): void => {
    const next = chosen.includes(layer)
      ? chosen.filter((other) => other !== layer)
      : [...chosen, layer].toSorted((a, b) => a - b);
    if (next.length > 0) stores.edit.getState().setSetting("editLayers", next);
  };
  const label = `${chosen.length === 1 ? "layer" : "layers"} ${layersText(chosen)}`;
  return (
    <SettingsPopover name="Layers to edit" label={label} width={300}>
      <p className={listStyles.waiting}>The change is spread over these layers, lowest first.</p>
      <div className={listStyles.layers} role="group" aria-label="Layers to edit">
        {Array.from({ length: count }, (_none, layer) => (
          <button
            key={layer}
            type="button"
            aria-label={`Layer ${layer}`}
            aria-pressed={chosen.includes(layer)}
            onClick={() => toggle(layer)}
          >
            {layer}
          </button>
        ))}
      </div>
    </SettingsPopover>
  );
}

export function LayerChoice() {
  const model = useSlice("model", (state) => state.model);
  const method = useMethod();
  const layers = useEditLayers();
  const [first] = layers;
  if (model === undefined || first === undefined) return null;
  if (layerSpec(method)?.kind === "layers") return <SeveralLayers count={model.layers} chosen={layers} />;
  const fallback = Number(method?.defaults["layer"] ?? model.defaultEditLayer);
  return <OneLayer count={model.layers} chosen={first} fallback={fallback} />;
}
