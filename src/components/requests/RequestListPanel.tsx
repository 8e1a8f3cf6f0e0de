/** A list of requests: pasted, opened, or taken from the first workspace; read row by row, with what is wrong said there. */
import { Button, Textarea } from "@mantine/core";
import { useEffect } from "react";
import type { RequestForm } from "../../lib/requests/readBenchmark";
import { requestOf, type Gallery } from "../../store/gallery";
import { MOST_ROWS, readableRequests } from "../../store/requestListStore";
import { ErrorNote } from "../ui/ErrorNote";
import { FileButton } from "../ui/FileButton";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { RequestTable } from "./RequestTable";
import styles from "./requests.module.css";

/** Reading begins once the user rests this long, in milliseconds. */
const REST = 300;

const FORMS: Record<RequestForm, string> = {
  counterfact: "CounterFact",
  zsre: "zsRE",
  knowedit: "KnowEdit",
  unke: "UnKE",
  akew: "AKEW",
  editeverything: "EditEverything",
  requests: "a list of requests",
};

/** Enough to tell methods apart, few enough to wait for. */
const EXAMPLES = 5;

const PLACEHOLDER = `prompt,subject,target_new,target_true
The capital of {} is,Norway,Rome,Oslo`;

function Outcome() {
  const list = useSlice("requestList", (state) => state.list);
  if (list === undefined) return null;
  const good = readableRequests(list).length;
  const bad = list.rows.length - good;
  return (
    <p className={styles.sentence} role="status">
      Recognised as {FORMS[list.form]}: {good} {good === 1 ? "request" : "requests"}
      {bad === 0
        ? "."
        : `; ${bad} ${bad === 1 ? "row is" : "rows are"} left out, for the reason written there.`}
      {list.rows.length === MOST_ROWS
        ? ` The first ${MOST_ROWS} rows only; the command line takes more.`
        : ""}
    </p>
  );
}

export function RequestListPanel({ gallery }: { gallery: Gallery | undefined }) {
  const workspace = useWorkspace();
  const { setText, read, add } = workspace.stores.requestList.getState();
  const text = useSlice("requestList", (state) => state.text);
  const error = useSlice("requestList", (state) => state.error);
  const list = useSlice("requestList", (state) => state.list);
  const present = useSlice("edit", (state) => state.form.targetNew.trim());
  useEffect(() => {
    const timer = setTimeout(() => void read(), REST);
    return () => clearTimeout(timer);
  }, [text, read]);

  return (
    <Panel id="requests" title="Requests">
      <Textarea
        aria-label="Requests"
        placeholder={PLACEHOLDER}
        rows={5}
        spellCheck={false}
        classNames={{ input: styles.paste ?? "" }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={styles.buttons}>
        <FileButton
          label="Open a file…"
          name="Open a file of requests"
          accept=".csv,.tsv,.json,.jsonl,.txt"
          onFile={(file) => void file.text().then((content) => setText(content, file.name))}
        />
        <Button
          size="compact-sm"
          variant="default"
          disabled={present === ""}
          onClick={() => void workspace.addToList()}
        >
          Add the fact in Trace &amp; edit
        </Button>
        {gallery === undefined ? null : (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void add(gallery.examples.slice(0, EXAMPLES).map(requestOf))}
          >
            Add {EXAMPLES} examples
          </Button>
        )}
        <Button size="compact-sm" variant="default" disabled={text === ""} onClick={() => setText("")}>
          Clear
        </Button>
      </div>
      {error === undefined ? null : <ErrorNote error={error} />}
      <Outcome />
      {list === undefined ? (
        <p className={styles.hint}>
          Paste a table with a header line, or JSON: CounterFact, zsRE, KnowEdit, UnKE, AKEW and
          EditEverything are recognised by their fields. To begin with, add the examples: they bring other
          wordings and neighbouring facts, which show what an edit costs.
        </p>
      ) : (
        <RequestTable rows={list.rows} />
      )}
    </Panel>
  );
}
