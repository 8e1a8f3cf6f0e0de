/**
 * Target vectors z in block output space (MEMIT, equation 16; algorithms.md 4.2, step 1): one per request, all found on
 * the weights in use before anything is written.
 */
import type { EditRequest, OptimisationStep } from "../domain/edit";
import type { Model } from "../model/model";
import { answerIds, locateFactToken, type FactToken, type LocatedText } from "./factToken";
import { targetRows } from "./targetRows";
import { optimiseTarget, type OptimisedTarget, type TargetOptions, type TargetSettings } from "./targets";

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

/** Finds one request's vector; `texts` are its prompt in every context. */
export type FindTarget = (
  request: EditRequest,
  texts: readonly LocatedText[],
  options: Pick<TargetOptions, "signal" | "onStep">,
) => Promise<OptimisedTarget>;

/** MEMIT's: at a block's output, against the essence prompt's drift. */
export const blockTarget =
  (model: Model, layer: number, settings: TargetSettings): FindTarget =>
  ({ subject, targetNew }, texts, options) => {
    const essence = locateFactToken(model.tokenizer, "{}", ESSENCE, subject, "subject_last");
    const rows = targetRows(texts, answerIds(model.tokenizer, targetNew), essence);
    return optimiseTarget(model, rows, { layer, kind: "resid" }, settings, options);
  };

/** One vector per request, in order; `onSteps` gets the steps of all so far. Throws `cancelled`, `prompt-too-long`. */
export async function findTargets(
  requests: readonly EditRequest[],
  texts: readonly LocatedText[][],
  find: FindTarget,
  signal: AbortSignal | undefined,
  onSteps: (losses: readonly (readonly OptimisationStep[])[]) => void,
): Promise<OptimisedTarget[]> {
  const found: OptimisedTarget[] = [];
  for (const [index, request] of requests.entries()) {
    const before = found.map(({ steps }) => steps);
    const onStep = (steps: readonly OptimisationStep[]) => onSteps([...before, steps]);
    found.push(await find(request, texts[index]!, { signal, onStep }));
  }
  return found;
}
