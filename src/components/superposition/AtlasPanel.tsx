/** The atlas of one layer: its sentence, the map, what the cursor is on, the strongest pairs, and what has to be known of C. */
import { Button, SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { countStrong } from "../../lib/charts/atlasImage";
import { colourOf } from "../../lib/heatmap/colour";
import { visibleString } from "../../lib/visibleText";
import { sharesKey, type Compared, type LayerView } from "../../store/superpositionStore";
import { Hint } from "../ui/ErrorNote";
import { fetched } from "../ui/fetched";
import { JobLine } from "../ui/JobLine";
import { Panel } from "../ui/Panel";
import { useScheme } from "../ui/useScheme";
import { useSlice, useWorkspace } from "../workspaceContext";
import { factName } from "./factName";
import { FaultyFacts } from "./FaultyFacts";
import { atlasSentence, signed } from "./sentences";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

const AtlasCanvas = fetched(
  "The map",
  () => import("./AtlasCanvas"),
  (note) => <div style={{ minHeight: 400 }}>{note}</div>,
);

const STRONG = 0.1;

export function AtlasPanel({ className }: { className?: string | undefined }) {
  const compared = useSlice("superposition", (state) => state.compared);
  const view = useSlice("superposition", (state) => state.layers.get(state.layer));
  return (
    <Panel id="atlas" title="Atlas" className={className} aside={compared ? <LayerSlider /> : null}>
      {compared === undefined ? (
        <p className={layout.empty}>
          Facts are written into one matrix. Where their keys share directions, writing one moves the others.
          Compare a list of facts, and the atlas shows for every pair how much of an edit of one falls on the
          other.
        </p>
      ) : (
        <Layer compared={compared} view={view} />
      )}
    </Panel>
  );
}

function LayerSlider() {
  const { stores } = useWorkspace();
  const layer = useSlice("superposition", (state) => state.layer);
  const layers = useSlice("model", (state) => state.model?.layers ?? 1);
  return (
    <label className={styles.slider}>
      layer {layer}
      <input
        type="range"
        min={0}
        max={layers - 1}
        value={layer}
        aria-valuetext={`layer ${layer}`}
        onChange={(event) =>
          void stores.superposition.getState().chooseLayer(Number(event.currentTarget.value))
        }
      />
    </label>
  );
}

function Layer({ compared, view }: { compared: Compared; view: LayerView | undefined }) {
  const { stores, limits } = useWorkspace();
  const { isClustered, cell, pair, warnings, run, layer } = useSlice("superposition", (state) => state);
  const weightsLine = useSlice("stack", (state) => state.stack?.line ?? "base model");
  const scheme = useScheme();
  const { point, choosePair, setClustered, computeAll } = stores.superposition.getState();
  const n = compared.facts.length;
  const names = useMemo(() => compared.facts.map((fact) => visibleString(fact.subject, "none")), [compared]);
  const order = useMemo(
    () => (isClustered && view?.order) || Array.from({ length: n }, (_, at) => at),
    [isClustered, view, n],
  );
  const strong = useMemo(() => (view?.values ? countStrong(view.values, n, STRONG) : undefined), [view, n]);
  const first = view?.pairs.find((one) => !sharesKey(compared.sameKeys, one));
  const strongest = first && {
    from: factName(compared.facts, first.i),
    to: factName(compared.facts, first.j),
    p: first.p,
  };
  const isOld = weightsLine !== compared.weightsLine;
  return (
    <>
      {isOld ? (
        <div className={layout.row}>
          <Hint>{`These are the keys of the ${compared.weightsLine}; the weights have changed since.`}</Hint>
          <Button size="compact-sm" variant="default" onClick={() => void limits.analyse()}>
            Compare again
          </Button>
        </div>
      ) : null}
      <p className={styles.sentence} id="atlas-sentence">
        {strong === undefined
          ? run.status === "running"
            ? `Comparing ${compared.given} facts at layer ${layer}.`
            : `Layer ${layer} has not been compared yet.`
          : atlasSentence(layer, n, strong, strongest)}
      </p>
      <div className={styles.controls}>
        <SegmentedControl
          size="xs"
          aria-label="Order of the facts"
          value={isClustered ? "cluster" : "list"}
          data={[
            { value: "cluster", label: "Alike together" },
            { value: "list", label: "As listed" },
          ]}
          onChange={(value) => setClustered(value === "cluster")}
        />
        <span className={styles.legend}>
          share of the change −1
          <span
            className={styles.ramp}
            aria-hidden="true"
            style={{
              background: `linear-gradient(to right, ${[-1, -0.5, 0, 0.5, 1].map((at) => colourOf(at, "attention", false, scheme)).join(", ")})`,
            }}
          />
          +1
        </span>
      </div>
      {run.status === "running" ? <JobLine progress={run.progress} fallback="Comparing keys" /> : null}
      {view?.values ? (
        <AtlasCanvas
          values={view.values}
          order={order}
          names={names}
          scheme={scheme}
          cell={cell}
          pair={pair}
          onPoint={point}
          onChoose={choosePair}
        />
      ) : null}
      <p className={styles.under} id="atlas-cell" aria-live="polite">
        {cell && view?.values
          ? cellWords(compared, view.values, cell)
          : "Row: the fact that is edited. Column: the fact it falls on; red, it moves along, blue, the opposite way. Point at a cell, or walk with the arrow keys."}
      </p>
      <Notes compared={compared} warnings={warnings} view={view} />
      <Rest onCompute={() => void computeAll()} />
    </>
  );
}

function cellWords({ facts }: Compared, values: Float32Array, { i, j }: { i: number; j: number }): string {
  const n = facts.length;
  const [from, to] = [factName(facts, i), factName(facts, j)];
  if (i === j) return `${from}: with itself p is 1.`;
  return `Editing ${from} puts ${signed(values[i * n + j]!)} of its change on ${to}; the other way round it is ${signed(values[j * n + i]!)}.`;
}

/** Layers nobody has asked for yet, where the list is long. */
function Rest({ onCompute }: { onCompute: () => void }) {
  const found = useSlice("superposition", (state) => state.layers.size);
  const layers = useSlice("model", (state) => state.model?.layers ?? 0);
  const isRunning = useSlice("superposition", (state) => state.run.status === "running");
  if (found === 0 || found >= layers || isRunning) return null;
  return (
    <div className={layout.row} style={{ marginTop: 8 }}>
      <Button size="compact-sm" variant="default" onClick={onCompute}>
        Compute the other {layers - found} layers
      </Button>
      <span className={layout.soft}>for kurtosis by layer and the comparison of models</span>
    </div>
  );
}

/** The list's faults and how well C is known; none is hidden. */
function Notes({
  compared,
  warnings,
  view,
}: {
  compared: Compared;
  warnings: readonly string[];
  view: LayerView | undefined;
}) {
  const { skipped, sameKeys, facts } = compared;
  return (
    <>
      {warnings.map((warning) => (
        <Hint key={warning}>{warning}</Hint>
      ))}
      <FaultyFacts skipped={skipped} sameKeys={sameKeys} facts={facts} />
      {view === undefined ? null : (
        <p className={layout.soft}>
          C, the second moment of the keys, of layer {view.layer}:{" "}
          {view.moment.tokens > 0 ? `${view.moment.tokens.toLocaleString("en-GB")} tokens, ` : ""}
          condition {view.moment.condition.toExponential(1)},{" "}
          {view.moment.ridge > 0 ? `ridge ${view.moment.ridge.toPrecision(2)} · tr(C)/f` : "no ridge"}.
          {view.moment.ridgeEffects.map(
            ({ ridge, largestChange, kurtosis }) =>
              ` With a ridge of ${ridge.toExponential(0)}: p moves by up to ${largestChange.toPrecision(2)}, kurtosis ${kurtosis.toFixed(1)}.`,
          )}
        </p>
      )}
    </>
  );
}
