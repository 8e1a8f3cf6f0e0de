/** Where a model comes from: with the page, kept from earlier, from the hub, from this machine. Loaded when opened. */
import type { ModelSource, Precision } from "../../domain/model";
import { modelName } from "../../store/modelRef";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { ProseText } from "../ui/ModelText";
import { megabytes } from "../ui/numbers";
import { SubHead } from "../ui/Panel";
import { Sheet } from "../ui/Sheet";
import { BackendChoice } from "./BackendChoice";
import { BACKEND_NAMES } from "./backendNames";
import { EmbeddedModels } from "./EmbeddedModels";
import { HubField } from "./HubField";
import { KeptModels } from "./KeptModels";
import { LocalFiles } from "./LocalFiles";
import { ModelReport } from "./ModelReport";
import styles from "./picker.module.css";

function LoadedNow() {
  const model = useSlice("model", (state) => state.model);
  const held = useSlice("model", (state) => state.heldBytes);
  if (model === undefined) return null;
  return (
    <p className={styles.now}>
      Now:{" "}
      <strong>
        <ProseText text={modelName(model.ref)} />
      </strong>
      , {model.family}, {model.layers} layers of width {model.residualWidth}, {model.contextLength} tokens of
      context, on {BACKEND_NAMES[model.backend]}
      {held === undefined ? "" : ` with ${megabytes(held)} held`}. Licence: <ProseText text={model.licence} />
      .
    </p>
  );
}

export default function ModelPicker({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace();
  const loading = useSlice("model", (state) => state.loading);
  const inspected = useSlice("picker", (state) => state.inspected);
  const load = (source: ModelSource, precision?: Precision): void => {
    void workspace.load(source, { precision }).then((isLoaded) => {
      if (!isLoaded) return;
      workspace.stores.picker.getState().forget();
      onClose();
    });
  };
  const report = <ModelReport onLoad={load} />;
  return (
    <Sheet title="Choose a model" onClose={onClose}>
      {loading.status === "running" ? (
        <JobLine progress={loading.progress} fallback="Loading the model" onCancel={loading.stop} />
      ) : null}
      {loading.status === "failed" ? <ErrorNote error={loading.error} /> : null}
      <div className={styles.present}>
        <LoadedNow />
        <BackendChoice />
      </div>
      <SubHead remark="nothing to download">With this page</SubHead>
      <EmbeddedModels onLoad={load} />
      <KeptModels onLoad={load} />
      <SubHead remark="huggingface.co is asked only when you press the button">From the hub</SubHead>
      <HubField />
      {inspected?.kind === "hub" ? report : null}
      <SubHead remark="GGUF, or safetensors with config.json and tokenizer.json">From this machine</SubHead>
      <LocalFiles onLoaded={onClose} />
      {inspected?.kind === "files" ? report : null}
    </Sheet>
  );
}
