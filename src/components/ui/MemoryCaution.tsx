/** A job that would come near this device's memory: what it takes, what takes less, and a way to do it all the same. */
import { Button } from "@mantine/core";
import type { ForecastRequest } from "../../domain/forecast";
import { useSlice } from "../workspaceContext";
import styles from "./ErrorNote.module.css";
import { megabytes } from "./numbers";

const WORDS: Record<ForecastRequest["kind"], { job: string; less: string; go: string }> = {
  trace: {
    job: "This trace",
    less: "Fewer samples or a shorter prompt take less.",
    go: "Trace all the same",
  },
  edit: { job: "This edit", less: "A shorter prompt or a later layer takes less.", go: "Edit all the same" },
};

export function MemoryCaution({ kind, onGo }: { kind: ForecastRequest["kind"]; onGo: () => void }) {
  const forecast = useSlice("caution", (state) => state[kind]);
  if (forecast === undefined) return null;
  const { job, held, limit } = forecast;
  const words = WORDS[kind];
  const owner = limit.isHard ? "that can be addressed" : "that this device may spare";
  const place = held > limit.bytes ? ", more than the" : " of the";
  return (
    <div className={styles.caution} role="alert">
      <span>
        {words.job} takes about {megabytes(job)}. With the model that is {megabytes(held)}
        {place} {megabytes(limit.bytes)} {owner}. {words.less}
      </span>
      <Button size="compact-sm" variant="default" onClick={onGo}>
        {words.go}
      </Button>
    </div>
  );
}
