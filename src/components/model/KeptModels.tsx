/** Models of the hub that this browser keeps: what they take up, and a way to be rid of each. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import type { ModelSource } from "../../domain/model";
import type { KeptModel, StorageSpace } from "../../domain/modelInspection";
import { visibleString } from "../../lib/visibleText";
import { modelName, sourceOf } from "../../store/modelRef";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { ProseText } from "../ui/ModelText";
import { megabytes } from "../ui/numbers";
import { SubHead } from "../ui/Panel";
import { Meter } from "./Meter";
import styles from "./picker.module.css";

/** `hf:a/b@0123456789…` → its revision in seven characters, as hub pages write commits. */
const commitOf = (ref: string): string => ref.split("@").at(-1)?.slice(0, 7) ?? "";

function Removal({ model, onDone }: { model: KeptModel; onDone: () => void }) {
  const { stores } = useWorkspace();
  const isBusy = useSlice("picker", (state) => state.kept.status === "running");
  return (
    <span
      className={styles.confirm}
      role="group"
      aria-label={`Delete ${visibleString(modelName(model.ref), "none")}?`}
    >
      <span className={styles.facts}>Delete {megabytes(model.bytes)}?</span>
      <Button size="compact-sm" variant="default" autoFocus onClick={onDone}>
        Keep
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        color="var(--bad)"
        className={styles.grave ?? ""}
        disabled={isBusy}
        onClick={() => void stores.picker.getState().removeKept(model.ref).then(onDone)}
      >
        Delete
      </Button>
    </span>
  );
}

function KeptRow({ model, onLoad }: { model: KeptModel; onLoad: (source: ModelSource) => void }) {
  const current = useSlice("model", (state) => state.model?.ref);
  const [isRemoving, setRemoving] = useState(false);
  const name = modelName(model.ref);
  const label = visibleString(name, "none");
  const source = sourceOf(model.ref);
  return (
    <li>
      <span className={styles.words}>
        <strong>
          <ProseText text={name} />
        </strong>
        <span className={styles.facts}>
          {megabytes(model.bytes)} · <ProseText text={model.licence ?? "no licence stated"} /> ·{" "}
          <ProseText text={model.revision} /> at <ProseText text={commitOf(model.ref)} /> · since{" "}
          {model.created.slice(0, 10)}
        </span>
      </span>
      {isRemoving ? (
        <Removal model={model} onDone={() => setRemoving(false)} />
      ) : (
        <span className={styles.confirm}>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            aria-label={`Delete ${label}`}
            onClick={() => setRemoving(true)}
          >
            Delete…
          </Button>
          {current === model.ref || source === undefined ? (
            <span className={styles.facts}>loaded</span>
          ) : (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Load ${label}`}
              onClick={() => onLoad(source)}
            >
              Load
            </Button>
          )}
        </span>
      )}
    </li>
  );
}

function Space({ bytes, storage }: { bytes: number; storage: StorageSpace }) {
  const { isAvailable, used, quota } = storage;
  if (!isAvailable) {
    return (
      <p className={styles.now}>
        This browser gives no private storage here, as in some private windows. Models of the hub can be
        loaded all the same; they are downloaded each time and not kept.
      </p>
    );
  }
  if (used === undefined || quota === undefined || quota === 0) return null;
  return (
    <Meter share={used / quota} label="Storage in use">
      {bytes === 0 ? "No models kept" : `${megabytes(bytes)} of models`}; this page keeps {megabytes(used)} in
      all, of the {megabytes(quota)} the browser allows.
    </Meter>
  );
}

export function KeptModels({ onLoad }: { onLoad: (source: ModelSource) => void }) {
  const { stores } = useWorkspace();
  const kept = useSlice("picker", (state) => state.kept);
  const list = useSlice("picker", (state) => state.lastKept);
  useEffect(() => void stores.picker.getState().listKept(), [stores]);
  return (
    <>
      <SubHead remark="downloaded once, opened without a network">Kept in this browser</SubHead>
      {kept.status === "failed" ? <ErrorNote error={kept.error} /> : null}
      {list === undefined ? null : (
        <>
          <ul className={styles.models} aria-busy={kept.status === "running"}>
            {list.models.map((model) => (
              <KeptRow key={model.ref} model={model} onLoad={onLoad} />
            ))}
          </ul>
          <Space bytes={list.bytes} storage={list.storage} />
        </>
      )}
    </>
  );
}
