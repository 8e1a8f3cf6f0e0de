/** What the lab computes with: the best that passes its self-test, or what the user insists on. */
import { NativeSelect } from "@mantine/core";
import type { Backend } from "../../domain/model";
import { useSlice, useWorkspace } from "../workspaceContext";

const CHOICES = [
  { value: "", label: "Compute with what suits best" },
  { value: "webgpu", label: "Compute with the graphics card (WebGPU)" },
  { value: "wasm", label: "Compute with the processor (WASM)" },
];

export function BackendChoice() {
  const workspace = useWorkspace();
  const backend = useSlice("model", (state) => state.backend);
  const isLoading = useSlice("model", (state) => state.loading.status === "running");
  return (
    <NativeSelect
      size="xs"
      aria-label="Compute with"
      value={backend ?? ""}
      data={CHOICES}
      disabled={isLoading}
      onChange={({ currentTarget: { value } }) =>
        void workspace.computeWith(value === "" ? undefined : (value as Backend))
      }
    />
  );
}
