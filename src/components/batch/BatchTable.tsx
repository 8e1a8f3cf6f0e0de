/** One line per request of a list: the new answer's probability before and after, and how its probes came out. */
import type { EditResult, Probe } from "../../domain/edit";
import { succeeded } from "../../lib/probeScores";
import { download } from "../charts/download";
import { Button } from "@mantine/core";
import compare from "../compare/compare.module.css";
import { shortened } from "../requests/RequestTable";
import { NewText } from "../ui/DiffText";
import { ProseText } from "../ui/ModelText";
import { probability } from "../ui/numbers";
import { SubHead } from "../ui/Panel";
import { batchCsv, probesByRequest } from "./batchRows";
import styles from "./batch.module.css";

const COLUMNS = [
  { kind: "paraphrase", label: "wordings" },
  { kind: "neighbourhood", label: "neighbours" },
] as const;

function Count({ probes, kind }: { probes: readonly Probe[]; kind: Probe["kind"] }) {
  const some = probes.filter((probe) => probe.kind === kind);
  return <>{some.length === 0 ? "–" : `${some.filter(succeeded).length}/${some.length}`}</>;
}

export function BatchTable({ result }: { result: EditResult }) {
  const grouped = probesByRequest(result.probes);
  // What no request asks has no column.
  const columns = COLUMNS.filter(({ kind }) => result.probes.some((probe) => probe.kind === kind));
  return (
    <>
      <SubHead
        aside={
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => download("edits.csv", batchCsv(result), "text/csv")}
          >
            Table (CSV)
          </Button>
        }
      >
        Request by request
      </SubHead>
      <div className={styles.box} tabIndex={0} role="region" aria-label="Request by request">
        <table className={compare.table}>
          <thead>
            <tr>
              <th scope="col">subject and new answer</th>
              <th scope="col">p(new answer)</th>
              <th scope="col">rewrite</th>
              {columns.map(({ kind, label }) => (
                <th scope="col" key={kind}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {result.requests.map(({ subject, target, before, after }, index) => {
              const probes = grouped[index] ?? [];
              const rewrite = probes.find(({ kind }) => kind === "rewrite");
              const isGood = rewrite !== undefined && succeeded(rewrite);
              return (
                <tr key={index}>
                  <th scope="row" className={styles.name}>
                    <ProseText text={shortened(subject)} /> <NewText text={shortened(target)} />
                  </th>
                  <td>
                    <span className={compare.soft}>{probability(before.p)} → </span>
                    {probability(after.p)}
                  </td>
                  <td className={isGood ? styles.good : styles.bad}>
                    <span aria-hidden="true">{isGood ? "✓" : "✗"}</span>
                    <span className="visually-hidden">{isGood ? "as hoped" : "not as hoped"}</span>
                  </td>
                  {columns.map(({ kind }) => (
                    <td key={kind}>
                      <Count probes={probes} kind={kind} />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
