/** All methods by family: one honest sentence each, what it changes, and what it will cost for the present request. */
import { useEffect } from "react";
import type { EditMethod } from "../../domain/edit";
import type { JobForecast } from "../../domain/forecast";
import { visibleString } from "../../lib/visibleText";
import { megabytes, remaining } from "../ui/numbers";
import { useSlice, useWorkspace } from "../workspaceContext";
import { groupByFamily } from "./methodFamilies";
import styles from "./methods.module.css";

function costText({ job, seconds }: JobForecast): string {
  const memory = megabytes(job);
  return seconds === undefined ? memory : `${remaining(seconds)} · ${memory}`;
}

type MethodListProps = { chosen: EditMethod; onChoose: (method: EditMethod) => void };

export default function MethodList({ chosen, onChoose }: MethodListProps) {
  const workspace = useWorkspace();
  const methods = useSlice("methods", (state) => state.methods);
  const costs = useSlice("methods", (state) => state.costs);
  useEffect(() => {
    const controller = new AbortController();
    void workspace.estimateMethods(controller.signal);
    return () => controller.abort();
  }, [workspace]);
  if (methods.length === 0) return <p className={styles.waiting}>The lab has not told its methods yet.</p>;

  return (
    <div className={styles.list}>
      {groupByFamily(methods).map(({ where, how, methods: group }) => (
        <section key={how} aria-label={`${where}: ${how}`}>
          <h3 className={styles.family}>
            {where} <span>{how}</span>
          </h3>
          {group.map(({ name, summary, changes }) => {
            const cost = costs.get(name);
            return (
              <button
                key={name}
                type="button"
                className={styles.method}
                aria-pressed={name === chosen}
                onClick={() => onChoose(name)}
              >
                <span className={styles.name}>{name}</span>
                <span className={styles.cost}>{cost === undefined ? "" : `about ${costText(cost)}`}</span>
                <span className={styles.summary}>{visibleString(summary, "none")}</span>
                <span className={styles.changes}>Changes {visibleString(changes, "none")}.</span>
              </button>
            );
          })}
        </section>
      ))}
      <p className={styles.note}>
        Costs are estimates for the present prompt and answer on this device: time, and memory beside the
        model. What a first edit has to make besides (contexts, second moments) is not in them.
      </p>
    </div>
  );
}
