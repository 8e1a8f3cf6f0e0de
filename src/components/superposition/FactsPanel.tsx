/** Which facts are compared: the model's own, the planted ones, the examples', or the user's; and what is wrong with rows. */
import { Button, NativeSelect } from "@mantine/core";
import { useEffect, useId, useState } from "react";
import { MOST_FACTS } from "../../store/factListStore";
import { ErrorNote } from "../ui/ErrorNote";
import { FileButton } from "../ui/FileButton";
import { JobLine } from "../ui/JobLine";
import { ProseText } from "../ui/ModelText";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { counted } from "./sentences";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

const COUNTS = [32, 128, 300, 1000, MOST_FACTS];

export function FactsPanel({ className }: { className?: string | undefined }) {
  const { stores, limits } = useWorkspace();
  const { facts, name, outOf, faults, run } = useSlice("facts", (state) => state);
  const job = useSlice("superposition", (state) => state.run);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const [count, setCount] = useState(128);
  const [isPasting, setPasting] = useState(false);
  const { choose, take } = stores.facts.getState();

  // The first visit finds a list ready, so that one click compares it.
  useEffect(() => {
    if (isReady) void limits.ensureFacts();
  }, [isReady, limits]);

  const own = async (list: "own" | "planted"): Promise<void> => {
    setPasting(false);
    if (!(await choose(list, count))) take(limits.galleryFacts(), "facts of the examples");
  };
  return (
    <Panel id="facts" title="Facts" className={className}>
      <div className={layout.column}>
        <div className={layout.row} role="group" aria-label="Where the facts come from">
          <Button size="compact-sm" variant="default" disabled={!isReady} onClick={() => void own("own")}>
            Known to the model
          </Button>
          <Button size="compact-sm" variant="default" disabled={!isReady} onClick={() => void own("planted")}>
            Planted
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => take(limits.galleryFacts(), "facts of the examples")}
          >
            Examples
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-expanded={isPasting}
            onClick={() => setPasting(!isPasting)}
          >
            Your own…
          </Button>
        </div>
        {isPasting ? <OwnFacts /> : null}
        {name === "known facts" && !isPasting ? (
          <NativeSelect
            size="xs"
            label="How many"
            value={String(count)}
            data={COUNTS.map((value) => ({
              value: String(value),
              label: `${counted(value)} at even distances`,
            }))}
            onChange={(event) => {
              const most = Number(event.currentTarget.value);
              setCount(most);
              void choose("own", most);
            }}
          />
        ) : null}
        {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
        <p className={layout.soft} role="status">
          {facts.length === 0
            ? "No list yet."
            : `${counted(facts.length)} ${facts.length === 1 ? name.replace("facts", "fact") : name}${outOf > facts.length ? ` of ${counted(outOf)}` : ""}.`}
          {facts.length === 1 ? " A comparison needs two." : ""}
          {faults.length > 0
            ? ` ${counted(faults.length)} ${faults.length === 1 ? "row" : "rows"} could not be read:`
            : ""}
        </p>
      </div>
      <FaultList />
      <FactList />
      <div className={layout.column} style={{ marginTop: 10 }}>
        {job.status === "running" ? (
          <JobLine progress={job.progress} fallback="Reading keys" onCancel={job.stop} />
        ) : (
          <Button disabled={!isReady || facts.length < 2} onClick={() => void limits.analyse()}>
            Compare them
          </Button>
        )}
        {job.status === "failed" ? <ErrorNote error={job.error} /> : null}
      </div>
    </Panel>
  );
}

/** Rows that could not be read, each with its reason. */
function FaultList() {
  const faults = useSlice("facts", (state) => state.faults);
  if (faults.length === 0) return null;
  return (
    <ul className={styles.faults} tabIndex={0} aria-label="Rows that could not be read">
      {faults.map(({ row, message }) => (
        <li key={row}>
          row {row}: <ProseText text={message} />
        </li>
      ))}
    </ul>
  );
}

/** More facts than this would only be scrolled past. */
const MOST_SHOWN = 200;

function FactList() {
  const facts = useSlice("facts", (state) => state.facts);
  if (facts.length === 0) return null;
  return (
    <ul className={styles.list} tabIndex={0} aria-label="The facts">
      {facts.slice(0, MOST_SHOWN).map((fact, index) => (
        <li key={index}>
          <ProseText text={fact.prompt.replace("{}", () => fact.subject)} />{" "}
          {fact.target === undefined ? null : (
            <b>
              <ProseText text={fact.target} />
            </b>
          )}
        </li>
      ))}
      {facts.length > MOST_SHOWN ? <li>… and {counted(facts.length - MOST_SHOWN)} more</li> : null}
    </ul>
  );
}

function OwnFacts() {
  const { stores } = useWorkspace();
  const [text, setText] = useState("");
  const id = useId();
  const { read } = stores.facts.getState();
  return (
    <div className={layout.column}>
      <label htmlFor={id} className={layout.soft}>
        One fact per line with its subject in braces, or CSV (prompt, subject, target), or JSON.
      </label>
      <textarea
        id={id}
        className={styles.paste}
        value={text}
        placeholder={"The capital of {France} is = Paris\nThe capital of {Norway} is = Oslo"}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={layout.row}>
        <Button
          size="compact-sm"
          variant="light"
          disabled={text.trim() === ""}
          onClick={() => void read(text, "pasted facts")}
        >
          Use these
        </Button>
        <FileButton
          label="Open a file…"
          name="A file of facts"
          accept=".csv,.json,.txt,text/csv,application/json,text/plain"
          onFile={(file) => void file.text().then((content) => read(content, file.name))}
        />
      </div>
    </div>
  );
}
