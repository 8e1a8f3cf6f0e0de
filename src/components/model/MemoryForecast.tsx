/** What a model will take of this device's memory, in words and as a bar. */
import type { ExpectedMemory } from "../../domain/modelInspection";
import { memoryVerdict } from "../../store/memoryVerdict";
import { megabytes } from "../ui/numbers";
import { BACKEND_NAMES } from "./backendNames";
import { Meter } from "./Meter";

const PRECISION_WORDS = { float32: "", float16: " with weights in float16", int8: " with weights in int8" };

export function MemoryForecast({ memory }: { memory: ExpectedMemory }) {
  const { fit, bytes, precision } = memoryVerdict(memory);
  const { limit, backend } = memory;
  const owner = limit.isHard ? `that ${BACKEND_NAMES[backend]} can address` : "that this device may spare";
  return (
    <Meter share={bytes / limit.bytes} label="Expected memory" isTight={fit !== "yes"}>
      About {megabytes(bytes)} on {BACKEND_NAMES[backend]}
      {PRECISION_WORDS[precision]}, of the {megabytes(limit.bytes)} {owner}.
      {fit === "tight" ? " It may load, but long prompts and edits may not fit beside it." : ""}
      {fit === "no" ? " It will probably not load. Take a smaller model." : ""}
    </Meter>
  );
}
