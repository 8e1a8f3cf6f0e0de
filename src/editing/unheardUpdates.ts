/** What the user should know of updates that change nothing: the MLP they went into is silent, or they came out as none. */
import type { UpdateSummary } from "../domain/edit";
import { silentSentence } from "../lib/silentSentence";

/** Against the weight's own size; float32 rounds away what is smaller. */
const UNHEARD = 1e-6;

const MLP_OUT = /^blocks\.(\d+)\.mlpOut$/u;

/**
 * @param silentLayers whose MLPs write nothing in this model (`Model.silentLayers`)
 * @param defaultLayer where this model is edited by default
 */
export function unheardWarnings(
  updates: readonly UpdateSummary[],
  silentLayers: readonly number[],
  defaultLayer: number,
): string[] {
  const silent = updates.flatMap(({ weight }) => {
    const layer = Number(MLP_OUT.exec(weight)?.[1] ?? -1);
    return silentLayers.includes(layer) ? [layer] : [];
  });
  if (silent.length > 0) return [silentSentence([...new Set(silent)], defaultLayer)];
  if (updates.length === 0 || updates.some(({ relativeNorm }) => relativeNorm > UNHEARD)) return [];
  return [
    "This edit changes nothing: its update is less than a millionth of the weights it is added to. Try another layer.",
  ];
}
