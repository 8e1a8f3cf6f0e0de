/**
 * Target vectors z in block output space (MEMIT, equation 16; algorithms.md 4.2, step 1): one per request, all found on
 * the weights in use before anything is written.
 */
import type { EditRequest, OptimisationStep } from "../domain/edit";
import type { Model } from "../model/model";
import { answerIds, locateFactToken, type FactToken, type LocatedText } from "./factToken";
import { targetRows } from "./targetRows";
import { optimiseTarget, type OptimisedTarget, type TargetSettings } from "./targets";

/** The prompt whose next-token distribution at the subject should not drift. */
const ESSENCE = "{} is a";

/** Every request's prompt in every context; the first context is the bare prompt. */
export function locateRequests(
  model: Model,
  requests: readonly EditRequest[],
  contexts: readonly string[],
  factToken: FactToken,
): LocatedText[][] {
  return requests.map(({ prompt, subject }) =>
    contexts.map((context) => locateFactToken(model.tokenizer, context, prompt, subject, factToken)),
  );
}

export type BlockTargetOptions = {
  layer: number;
  settings: TargetSettings;
  signal?: AbortSignal | undefined;
  /** Called with the lists of steps of all requests so far. */
  onSteps?: ((losses: readonly (readonly OptimisationStep[])[]) => void) | undefined;
};

/** One optimised vector per request, in order. Throws `cancelled`, `prompt-too-long`. */
export async function findBlockTargets(
  model: Model,
  requests: readonly EditRequest[],
  texts: readonly LocatedText[][],
  { layer, settings, signal, onSteps }: BlockTargetOptions,
): Promise<OptimisedTarget[]> {
  const found: OptimisedTarget[] = [];
  for (const [index, { subject, targetNew }] of requests.entries()) {
    const essence = locateFactToken(model.tokenizer, "{}", ESSENCE, subject, "subject_last");
    const rows = targetRows(texts[index]!, answerIds(model.tokenizer, targetNew), essence);
    const before = found.map(({ steps }) => steps);
    const onStep = (steps: readonly OptimisationStep[]) => onSteps?.([...before, steps]);
    found.push(await optimiseTarget(model, rows, { layer, kind: "resid" }, settings, { signal, onStep }));
  }
  return found;
}
