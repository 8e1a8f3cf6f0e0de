/** Whether a model leaves room for work on this device. Pure. */
import type { ModelMemory, Precision } from "../domain/model";
import type { ExpectedMemory } from "../domain/modelInspection";

/** From this share of the limit on, there is little room for work beside the model. */
const TIGHT_SHARE = 0.75;

/** What the page would hold at the worst moment: the model, and what is read of it at one time. */
export const atMost = ({ held, loading }: ModelMemory): number => held + loading;

export type MemoryVerdict = { fit: "yes" | "tight" | "no"; memory: ModelMemory | undefined };

/** Of the form the user wants, or of the one that would be chosen; of the smallest when none fits. */
export function memoryVerdict(expected: ExpectedMemory, wanted: Precision | undefined): MemoryVerdict {
  const { chosen, estimates, limit } = expected;
  const smallest = estimates.toSorted((a, b) => atMost(a) - atMost(b))[0];
  const asked = estimates.find(({ precision }) => precision === wanted);
  const memory = asked ?? chosen ?? smallest;
  if (memory === undefined || atMost(memory) > limit.bytes) return { fit: "no", memory };
  return { fit: atMost(memory) > TIGHT_SHARE * limit.bytes ? "tight" : "yes", memory };
}
