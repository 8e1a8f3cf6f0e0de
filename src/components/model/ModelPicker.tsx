/** Where a model comes from: with the page, from this machine, or from the hub. Loaded when first opened. */
import { Button, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { ModelSource } from "../../domain/model";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { ProseText } from "../ui/ModelText";
import { megabytes, parameters } from "../ui/numbers";
import { SubHead } from "../ui/Panel";
import { Sheet } from "../ui/Sheet";
import { BackendChoice } from "./BackendChoice";
import styles from "./model.module.css";
import { modelName, parseHubName } from "./modelName";

function Embedded({ onLoad }: { onLoad: (source: ModelSource) => void }) {
  const { stores } = useWorkspace();
  const available = useSlice("model", (state) => state.available);
  const current = useSlice("model", (state) => state.model?.ref);
  useEffect(() => void stores.model.getState().list(), [stores]);
  if (available.status === "failed") return <ErrorNote error={available.error} />;
  const models = available.status === "done" ? available.result : [];
  return (
    <ul className={styles.models}>
      {models.map(({ ref, parameters: count, layers, bytes, licence }) => (
        <li key={ref}>
          <span className={styles.modelWords}>
            <strong>{modelName(ref)}</strong>
            <span className={styles.facts}>
              {parameters(count)} parameters · {layers} layers · {megabytes(bytes)} · {licence}
            </span>
          </span>
          {current === ref ? (
            <span className={styles.facts}>loaded</span>
          ) : (
            <Button size="compact-sm" variant="default" onClick={() => onLoad(toSource(ref))}>
              Load
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function toSource(ref: string): ModelSource {
  const hub = ref.startsWith("hf:") ? parseHubName(ref.slice(3)) : undefined;
  return hub === undefined
    ? { kind: "embedded", name: ref.replace(/^embedded:/u, "") }
    : { kind: "hub", ...hub };
}

function LocalFiles({ onLoad }: { onLoad: (source: ModelSource) => void }) {
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const take = (input: HTMLInputElement): void => {
    const files = [...(input.files ?? [])];
    input.value = "";
    if (files.length > 0) onLoad({ kind: "files", files });
  };
  return (
    <div className={styles.local}>
      <Button size="sm" variant="default" onClick={() => file.current?.click()}>
        A .gguf file…
      </Button>
      <Button size="sm" variant="default" onClick={() => folder.current?.click()}>
        A model’s folder…
      </Button>
      <span className={styles.facts}>or drop either anywhere on the page. Nothing is uploaded.</span>
      <input
        ref={file}
        type="file"
        hidden
        accept=".gguf"
        aria-label="A model file"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        aria-label="A model's folder"
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
}

function Hub({ onLoad }: { onLoad: (source: ModelSource) => void }) {
  const [text, setText] = useState("");
  const hub = parseHubName(text);
  return (
    <form
      className={styles.local}
      onSubmit={(event) => {
        event.preventDefault();
        if (hub !== undefined) onLoad({ kind: "hub", ...hub });
      }}
    >
      <TextInput
        className={styles.grow ?? ""}
        aria-label="Model on the hub"
        placeholder="openai-community/gpt2"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={hub === undefined}>
        Load
      </Button>
    </form>
  );
}

export default function ModelPicker({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace();
  const loading = useSlice("model", (state) => state.loading);
  const model = useSlice("model", (state) => state.model);
  const load = (source: ModelSource): void => {
    void workspace.load(source).then((isLoaded) => {
      if (isLoaded) onClose();
    });
  };
  return (
    <Sheet title="Choose a model" onClose={onClose}>
      {loading.status === "running" ? (
        <JobLine progress={loading.progress} fallback="Loading the model" onCancel={loading.stop} />
      ) : null}
      {loading.status === "failed" ? <ErrorNote error={loading.error} /> : null}
      {model === undefined ? null : (
        <p className={styles.now}>
          Now: <ProseText text={modelName(model.ref)} />, {model.family}, {model.layers} layers of width{" "}
          {model.residualWidth}, context {model.contextLength} tokens, licence{" "}
          <ProseText text={model.licence} />.
        </p>
      )}
      <BackendChoice />
      <SubHead>With this page</SubHead>
      <Embedded onLoad={load} />
      <SubHead remark="GGUF, or safetensors with config.json and tokenizer.json">From this machine</SubHead>
      <LocalFiles onLoad={load} />
      <SubHead remark="downloads from huggingface.co">From the hub</SubHead>
      <Hub onLoad={load} />
    </Sheet>
  );
}
