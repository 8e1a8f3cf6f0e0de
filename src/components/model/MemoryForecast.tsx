/** What a model will take of this device's memory, in words and as a bar; and in which form its weights are kept. */
import { NativeSelect } from "@mantine/core";
import type { Precision } from "../../domain/model";
import type { ExpectedMemory } from "../../domain/modelInspection";
import { atMost, memoryVerdict } from "../../store/memoryVerdict";
import { megabytes } from "../ui/numbers";
import { BACKEND_NAMES } from "./backendNames";
import { Meter } from "./Meter";
import styles from "./picker.module.css";

type MemoryForecastProps = {
  memory: ExpectedMemory;
  precision: Precision | undefined;
  onPrecision: (precision: Precision | undefined) => void;
};

/** What follows for the user. */
function consequence(memory: ExpectedMemory, precision: Precision | undefined): string {
  const { fit } = memoryVerdict(memory, precision);
  if (fit === "tight") return "It may load, but long prompts and edits may not fit beside it.";
  if (fit === "yes") return precision === undefined ? (memory.notice ?? "") : "";
  const isSmallest = precision === undefined || precision === memory.estimates.at(-1)?.precision;
  return isSmallest
    ? "That is too much here: take a smaller model."
    : "That is too much here: choose fewer bits.";
}

export function MemoryForecast({ memory, precision, onPrecision }: MemoryForecastProps) {
  const { fit, memory: taken } = memoryVerdict(memory, precision);
  const { limit, backend, estimates, chosen } = memory;
  if (taken === undefined) return null;
  const bytes = atMost(taken);
  const owner = limit.isHard ? `that ${BACKEND_NAMES[backend]} can address` : "that this device may spare";
  return (
    <div className={styles.forecast}>
      <Meter share={bytes / limit.bytes} label="Expected memory" isTight={fit !== "yes"}>
        About {megabytes(bytes)} on {BACKEND_NAMES[backend]} with weights in {taken.precision}, of the{" "}
        {megabytes(limit.bytes)} {owner}. {consequence(memory, precision)}
      </Meter>
      <NativeSelect
        size="xs"
        aria-label="How the weights are kept"
        value={precision ?? ""}
        data={[
          { value: "", label: `Keep the weights in what fits best (${chosen?.precision ?? "nothing fits"})` },
          ...estimates.map((one) => ({
            value: one.precision,
            label: `Keep the weights in ${one.precision}: ${megabytes(atMost(one))}`,
          })),
        ]}
        onChange={({ currentTarget: { value } }) =>
          onPrecision(value === "" ? undefined : (value as Precision))
        }
      />
    </div>
  );
}
