/** What a look at a model found, before it is loaded: what would be fetched, whether it runs here, and where it fits. */
import { Button } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { ModelSource, Precision } from "../../domain/model";
import type { ModelInspection } from "../../domain/modelInspection";
import { fromErrorReport } from "../../lib/errors";
import { memoryVerdict } from "../../store/memoryVerdict";
import { modelName } from "../../store/modelRef";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { ProseText } from "../ui/ModelText";
import { megabytes, parameters } from "../ui/numbers";
import { MemoryForecast } from "./MemoryForecast";
import styles from "./picker.module.css";

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** `safetensors, 2 files, BF16` */
function formatOf({ format, weightFiles, precision }: ModelInspection): string {
  const name = format === "gguf" ? "GGUF" : "safetensors";
  const files = weightFiles === 1 ? "one file" : `${weightFiles} files`;
  return [name, files, precision].filter(Boolean).join(", ");
}

function Storage({ found }: { found: ModelInspection }) {
  const { isKept, bytes, source } = found;
  const { isAvailable, used = 0, quota } = found.storage;
  if (source.kind !== "hub" || isKept) return null;
  if (!isAvailable) {
    return <Fact name="Keeping it">No private storage here: it is downloaded each time.</Fact>;
  }
  if (quota === undefined) return <Fact name="Keeping it">In this browser, as far as there is room.</Fact>;
  const left = Math.max(0, quota - used);
  return (
    <Fact name="Keeping it">
      {bytes <= left
        ? `In this browser, for the next visit: ${megabytes(left)} are free.`
        : `There is no room: ${megabytes(left)} are free. It can be loaded without being kept.`}
    </Fact>
  );
}

function Architecture({ found }: { found: ModelInspection }) {
  const { shape, parameters: count } = found;
  if (shape === undefined) return <Fact name="Architecture">Not supported: see below.</Fact>;
  return (
    <Fact name="Architecture">
      {shape.family}, supported: {shape.layers} layers of width {shape.residualWidth}
      {count === undefined ? "" : `, ${parameters(count)} parameters`}, {shape.contextLength} tokens of
      context
    </Fact>
  );
}

function Found({
  found,
  onLoad,
}: {
  found: ModelInspection;
  onLoad: (source: ModelSource, precision?: Precision) => void;
}) {
  const { stores } = useWorkspace();
  const isBusy = useSlice("model", (state) => state.loading.status === "running");
  const { ref, bytes, licence, isKept, refusal, notice, source, memory } = found;
  const isFar = source.kind === "hub" && !isKept;
  const [precision, setPrecision] = useState<Precision>();
  const fit = memory === undefined ? "yes" : memoryVerdict(memory, precision).fit;
  // Against a certain limit the lab refuses before a weight is read; so does the button.
  const isHopeless = fit === "no" && (memory?.limit.isHard === true || precision === undefined);
  return (
    <>
      <h4 className={styles.reportName}>
        <ProseText text={modelName(ref)} />
      </h4>
      {notice === undefined ? null : <p className={styles.now}>{notice}</p>}
      <dl className={styles.factList}>
        <Fact name={isFar ? "To download" : "Size"}>
          {megabytes(bytes)}
          {isKept && source.kind === "hub" ? ", already kept in this browser" : ""}
        </Fact>
        <Fact name="Format">{formatOf(found)}</Fact>
        <Fact name="Licence">
          <ProseText text={licence ?? "not stated; see the model’s page"} />
        </Fact>
        <Architecture found={found} />
        {memory === undefined ? null : (
          <Fact name="Memory">
            <MemoryForecast memory={memory} precision={precision} onPrecision={setPrecision} />
          </Fact>
        )}
        <Storage found={found} />
      </dl>
      {refusal === undefined ? null : <ErrorNote error={fromErrorReport(refusal)} />}
      <div className={styles.line}>
        {refusal === undefined ? (
          <Button
            variant={fit === "no" ? "default" : "filled"}
            disabled={isBusy || isHopeless}
            onClick={() => onLoad(source, precision)}
          >
            {isFar ? `Download ${megabytes(bytes)} and load` : "Load"}
            {fit === "no" && !isHopeless ? " all the same" : ""}
          </Button>
        ) : null}
        <Button variant="subtle" color="gray" onClick={() => stores.picker.getState().forget()}>
          Not this one
        </Button>
      </div>
    </>
  );
}

export function ModelReport({ onLoad }: { onLoad: (source: ModelSource, precision?: Precision) => void }) {
  const { stores } = useWorkspace();
  const section = useRef<HTMLElement>(null);
  const inspection = useSlice("picker", (state) => state.inspection);
  useEffect(() => void section.current?.scrollIntoView({ block: "nearest" }), [inspection.status]);
  if (inspection.status === "idle") return null;
  return (
    <section ref={section} className={styles.report} aria-label="About this model" aria-live="polite">
      {inspection.status === "running" ? (
        <JobLine
          progress={inspection.progress}
          fallback="Reading what the model is"
          onCancel={() => stores.picker.getState().forget()}
        />
      ) : null}
      {inspection.status === "failed" ? <ErrorNote error={inspection.error} /> : null}
      {inspection.status === "done" ? <Found found={inspection.result} onLoad={onLoad} /> : null}
    </section>
  );
}
