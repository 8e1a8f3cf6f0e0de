/** Whether a model fits this device, and in which form it would be kept. Pure. */
import type { Precision } from "../domain/model";
import type { ExpectedMemory } from "../domain/modelInspection";

/** From this share of the limit on, there is little room for work beside the model. */
const TIGHT_SHARE = 0.75;

export type MemoryVerdict = {
  fit: "yes" | "tight" | "no";
  precision: Precision;
  /** What the page would hold at the worst moment: the model, and what is read of it at one time. */
  bytes: number;
};

/** The best form that fits with room to spare; else the smallest. */
export function memoryVerdict({ estimates, limit }: ExpectedMemory): MemoryVerdict {
  const sized = estimates.map(({ precision, held, loading }) => ({ precision, bytes: held + loading }));
  const roomy = sized.find(({ bytes }) => bytes <= TIGHT_SHARE * limit.bytes);
  const chosen = roomy ?? sized.at(-1);
  if (chosen === undefined) return { fit: "no", precision: "float32", bytes: Infinity };
  if (roomy !== undefined) return { fit: "yes", ...chosen };
  return { fit: chosen.bytes <= limit.bytes ? "tight" : "no", ...chosen };
}
