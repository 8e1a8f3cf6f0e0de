/** Which facts are compared: the model's own, the planted ones, the examples', or the user's; and what is wrong with rows. */
import { Button, NativeSelect } from "@mantine/core";
import { useEffect, useId, useRef, useState } from "react";
import { MOST_FACTS } from "../../store/factListStore";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { ProseText } from "../ui/ModelText";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { counted } from "./sentences";
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
    if (!(await choose(list, count))) take(limits.galleryFacts(), "the examples’ facts");
  };
  return (
    <Panel id="facts" title="Facts" className={className}>
      <div className={styles.column}>
        <div className={styles.row} role="group" aria-label="Where the facts come from">
          <Button size="compact-sm" variant="default" disabled={!isReady} onClick={() => void own("own")}>
            Known to the model
          </Button>
          <Button size="compact-sm" variant="default" disabled={!isReady} onClick={() => void own("planted")}>
            Planted
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => take(limits.galleryFacts(), "the examples’ facts")}
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
        <p className={styles.soft} role="status">
          {facts.length === 0
            ? "No list yet."
            : `${counted(facts.length)} ${name}${outOf > facts.length ? ` of ${counted(outOf)}` : ""}.`}
          {faults.length > 0 ? ` ${counted(faults.length)} rows could not be read:` : ""}
        </p>
      </div>
      {faults.length > 0 ? (
        <ul className={styles.faults} tabIndex={0} aria-label="Rows that could not be read">
          {faults.map(({ row, message }) => (
            <li key={row}>
              row {row}: <ProseText text={message} />
            </li>
          ))}
        </ul>
      ) : null}
      {facts.length > 0 ? (
        <ul className={styles.list} tabIndex={0} aria-label="The facts">
          {facts.slice(0, 200).map((fact, index) => (
            <li key={index}>
              <ProseText text={fact.prompt.replace("{}", () => fact.subject)} />{" "}
              {fact.target === undefined ? null : (
                <b>
                  <ProseText text={fact.target} />
                </b>
              )}
            </li>
          ))}
          {facts.length > 200 ? <li>… and {counted(facts.length - 200)} more</li> : null}
        </ul>
      ) : null}
      <div className={styles.column} style={{ marginTop: 10 }}>
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

function OwnFacts() {
  const { stores } = useWorkspace();
  const [text, setText] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const id = useId();
  const { read } = stores.facts.getState();
  return (
    <div className={styles.column}>
      <label htmlFor={id} className={styles.soft}>
        One fact per line with its subject in braces, or CSV (prompt, subject, target), or JSON.
      </label>
      <textarea
        id={id}
        className={styles.paste}
        value={text}
        placeholder={"The capital of {France} is = Paris\nThe capital of {Norway} is = Oslo"}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={styles.row}>
        <Button
          size="compact-sm"
          variant="light"
          disabled={text.trim() === ""}
          onClick={() => void read(text, "pasted facts")}
        >
          Use these
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => file.current?.click()}>
          Open a file…
        </Button>
        <input
          ref={file}
          type="file"
          hidden
          accept=".csv,.json,.txt,text/csv,application/json,text/plain"
          aria-label="A file of facts"
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            event.currentTarget.value = "";
            if (chosen !== undefined) void chosen.text().then((content) => read(content, chosen.name));
          }}
        />
      </div>
    </div>
  );
}
