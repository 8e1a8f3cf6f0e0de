/** Both facts of a pair side by side, and the experiment: edit one and see the other change. */
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import type { EditResult } from "../../domain/edit";
import type { Fact } from "../../domain/superposition";
import type { Compared, LayerView } from "../../store/superpositionStore";
import { NewText } from "../ui/DiffText";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { ProseText } from "../ui/ModelText";
import { probability } from "../ui/numbers";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { factName } from "./factName";
import { PairsTable } from "./PairsTable";
import { signed } from "./sentences";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

export function PairPanel({ className }: { className?: string | undefined }) {
  const compared = useSlice("superposition", (state) => state.compared);
  const view = useSlice("superposition", (state) => state.layers.get(state.layer));
  const pair = useSlice("superposition", (state) => state.pair);
  const isThere = compared !== undefined && view?.values !== undefined && pair !== undefined;
  return (
    <Panel id="pair" title="Two facts" className={className}>
      {compared === undefined || view === undefined ? null : <PairsTable compared={compared} view={view} />}
      {isThere ? (
        <Experiment key={`${pair.i} ${pair.j}`} compared={compared} view={view} i={pair.i} j={pair.j} />
      ) : (
        <p className={layout.soft}>
          Choose a cell of the atlas, or a line of the strongest pairs: here both facts stand side by side,
          and an edit of one shows what becomes of the other.
        </p>
      )}
    </Panel>
  );
}

/** Another answer of the same kind that is neither fact's own, so that a loss of the watched one is seen as such. */
function otherAnswer(facts: readonly Fact[], i: number, j: number): string {
  const [one, other] = [facts[i]!, facts[j]!];
  const isOther = ({ target }: Fact): boolean => target !== undefined && target !== one.target;
  const kin = facts.filter((fact) => fact.prompt === one.prompt && isOther(fact));
  const found = kin.find(({ target }) => target !== other.target) ?? kin[0] ?? facts.find(isOther);
  return found?.target ?? "";
}

type Done = { result: EditResult; target: string };

function Experiment({ compared, view, i, j }: { compared: Compared; view: LayerView; i: number; j: number }) {
  const { limits, stores, changeStack } = useWorkspace();
  const run = useSlice("edit", (state) => state.run);
  const stack = useSlice("stack", (state) => state.stack);
  const { facts } = compared;
  const [target, setTarget] = useState(() => otherAnswer(facts, i, j));
  const [done, setDone] = useState<Done>();
  const n = facts.length;
  const [one, other] = [facts[i]!, facts[j]!];
  const p = view.values![i * n + j]!;
  const back = view.values![j * n + i]!;
  const known = view.pairs.find((pair) => pair.i === i && pair.j === j);
  const isOnStack = done !== undefined && stack?.edits.some(({ id }) => id === done.result.editId);
  const start = async (): Promise<void> => {
    const result = await limits.editPair(one, other, view.layer, target.trim());
    if (result !== undefined) setDone({ result, target: target.trim() });
  };
  return (
    <div className={layout.column}>
      <div className={styles.sides}>
        <Side fact={one} title="edited" isEdited />
        <Side fact={other} title="watched" />
      </div>
      <dl className={styles.numbers}>
        <dt>share of the first one’s change that falls on the second</dt>
        <dd>{signed(p)}</dd>
        <dt>the other way round</dt>
        <dd>{signed(back)}</dd>
        {known === undefined ? null : (
          <>
            <dt>cosine of the keys, whitened · raw</dt>
            <dd>
              {signed(known.whiteningCosine)} · {signed(known.activationCosine)}
            </dd>
          </>
        )}
      </dl>
      <TextInput
        size="xs"
        label={`New answer for ${factName(facts, i)}`}
        value={target}
        onChange={(event) => setTarget(event.currentTarget.value)}
      />
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Editing" onCancel={run.stop} />
      ) : (
        <div className={layout.row}>
          <Button size="sm" disabled={target.trim() === ""} onClick={() => void start()}>
            Edit one and see the other change
          </Button>
          <Button
            size="sm"
            variant="default"
            onClick={() => {
              stores.superposition.getState().point({ i: j, j: i });
              stores.superposition.getState().choosePair({ i: j, j: i });
            }}
          >
            Swap them
          </Button>
        </div>
      )}
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {done === undefined ? null : (
        <>
          <Outcome done={done} other={other} layer={view.layer} />
          {isOnStack ? (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => void changeStack(() => stores.stack.getState().remove(done.result.editId))}
            >
              Take this edit off again
            </Button>
          ) : (
            <p className={layout.soft}>This edit is off the model again.</p>
          )}
        </>
      )}
      {other.target === undefined ? (
        <Hint>The watched fact names no answer whose probability could be followed.</Hint>
      ) : null}
    </div>
  );
}

function Side({ fact, title, isEdited = false }: { fact: Fact; title: string; isEdited?: boolean }) {
  return (
    <div className={styles.side} data-edited={isEdited || undefined}>
      <p className={layout.soft}>{title}</p>
      <p className={styles.prompt}>
        <ProseText text={fact.prompt.replace("{}", () => fact.subject)} />{" "}
        {fact.target === undefined ? null : (
          <b>
            <ProseText text={fact.target} />
          </b>
        )}
      </p>
    </div>
  );
}

function Outcome({ done: { result, target }, other, layer }: { done: Done; other: Fact; layer: number }) {
  const own = result.requests[0];
  const watched = result.probes.find(({ kind }) => kind === "neighbourhood");
  const measured = result.predictedInterference[0]?.share;
  const before = watched?.before.pTrue;
  const after = watched?.after.pTrue;
  return (
    <p className={styles.outcome} role="status" id="pair-outcome">
      At layer {layer}, p(
      <NewText text={target} />) went from {probability(own?.before.p ?? 0)} to{" "}
      {probability(own?.after.p ?? 0)}.{" "}
      {before == null || after == null ? null : (
        <>
          At <ProseText text={other.subject} />, p(
          <ProseText text={other.target ?? ""} />) went from {probability(before)} to{" "}
          <b>{probability(after)}</b>
          {watched && watched.before.best !== watched.after.best ? (
            <>
              {" "}
              and it now says “<ProseText text={watched.after.best.trim()} />”
            </>
          ) : null}
          .
        </>
      )}
      {measured === undefined
        ? null
        : ` This edit’s own weights put ${signed(measured)} of the change there.`}
    </p>
  );
}
