/** What changed: the rewrite, other wordings and neighbouring facts before and after, and free text. */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { EditResult, Probe, ProbeKind } from "../../domain/edit";
import { succeeded } from "../../lib/probeScores";
import { useSlice } from "../workspaceContext";
import { fetched } from "../ui/fetched";
import { Panel } from "../ui/Panel";
import layout from "../ui/layout.module.css";
import styles from "./changes.module.css";
import { FreeText } from "./FreeText";
import { InterferenceBars } from "./InterferenceBars";
import { ProbeTable } from "./ProbeTable";

const TokenByToken = fetched("The answer token by token", () => import("./TokenByToken"));

type Tab = "all" | ProbeKind | "text" | "tokens";

const KINDS: { kind: ProbeKind; label: string }[] = [
  { kind: "rewrite", label: "Rewrite" },
  { kind: "paraphrase", label: "Other wordings" },
  { kind: "neighbourhood", label: "Neighbours" },
];

function tabsOf(result: EditResult): { value: Tab; label: string }[] {
  const counted = KINDS.flatMap(({ kind, label }) => {
    const probes = result.probes.filter((probe) => probe.kind === kind);
    const good = probes.filter(succeeded).length;
    return probes.length === 0 ? [] : [{ value: kind, label: `${label} ${good}/${probes.length}` }];
  });
  const text = result.generations.length === 0 ? [] : [{ value: "text" as const, label: "Free text" }];
  const isLong = result.requests[0]?.tokens !== undefined;
  const tokens = isLong ? [{ value: "tokens" as const, label: "Token by token" }] : [];
  return [{ value: "all", label: "All" }, ...counted, ...tokens, ...text];
}

function select(probes: readonly Probe[], tab: Tab): Probe[] {
  const order = KINDS.map(({ kind }) => kind);
  return probes
    .filter(({ kind }) => tab === "all" || kind === tab)
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

export function ChangesPanel({ className }: { className?: string | undefined }) {
  const result = useSlice("edit", (state) => state.result);
  const isStored = useSlice("edit", (state) => state.isStored);
  const isEarlier = useSlice("edit", (state) => state.isEarlier);
  const [chosen, setTab] = useState<Tab>();
  // Of a long answer, its tokens tell more than its first one.
  const tab = chosen ?? (result?.requests[0]?.tokens === undefined ? "all" : "tokens");
  if (result === undefined) {
    return (
      <Panel id="changed" title="What changed" className={className}>
        <p className={styles.empty}>
          Nothing yet. After an edit you see here what the model now says: to the same words, to other
          wordings, and to neighbouring facts that should have stayed as they were.
        </p>
      </Panel>
    );
  }
  const tabs = tabsOf(result);
  const current = tabs.some(({ value }) => value === tab) ? tab : "all";
  return (
    <Panel
      id="changed"
      title="What changed"
      className={className}
      aside={
        <span className={styles.aside}>
          {isStored ? <span className={layout.stamp}>stored result</span> : null}
          {isEarlier ? <span className={layout.stamp}>from your last visit</span> : null}
          <SegmentedControl
            size="xs"
            aria-label="What to show"
            value={current}
            data={tabs}
            onChange={(value) => setTab(value as Tab)}
          />
        </span>
      }
    >
      {current === "text" ? (
        <FreeText generations={result.generations} />
      ) : current === "tokens" ? (
        <TokenByToken tokens={result.requests[0]?.tokens ?? []} />
      ) : (
        <div className={styles.beside}>
          <ProbeTable probes={select(result.probes, current)} target={result.requests[0]?.target ?? ""} />
          {current === "all" || current === "neighbourhood" ? (
            <InterferenceBars
              found={result.predictedInterference}
              own={result.requests.length === 1 ? result.requests[0]?.subject : undefined}
            />
          ) : null}
        </div>
      )}
    </Panel>
  );
}
