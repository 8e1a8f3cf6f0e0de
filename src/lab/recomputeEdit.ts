/** An edit of the stack computed again on what is below it now, in its own place. */
import type { BroughtInput, EditCall, EditPartial, EditResult } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import { computeEdit } from "../editing/computeEdit";
import { AppError } from "../lib/errors";
import { besideOf, editAndCompare, keptKeysOf, type Computed } from "./edit";
import type { EditInputs } from "./editInputs";
import { loadedModel, type LoadedState, type Session } from "./session";

/** Computes an edit again on the edits that are below it now, with its own settings, contexts and seed. */
export async function recomputeEdit(
  session: Session,
  { id }: { id: string },
  context: CallContext<EditPartial>,
): Promise<EditResult> {
  const state = loadedModel(session);
  const old = state.stack.edits.find((edit) => edit.id === id);
  if (!old) throw new AppError("bad-request", "That edit is no longer in the stack.", "Choose another.");
  refuseWithout(old.brought ?? []);
  const { method, requests, settings, contexts, seed, name } = old;
  const call: EditCall = { method, requests, settings, contexts, seed, name };
  const result = await editAndCompare(session, call, context, (inputs) =>
    computeAgain(state, id, call, inputs, context),
  );
  if (!old.brought?.includes("statistics")) return result;
  const note = "It was made with second moments from a file; the lab's own were used now.";
  return { ...result, warnings: [...result.warnings, note] };
}

const NAMES: Record<BroughtInput, string> = {
  statistics: "second moments",
  hyperNetwork: "a hyper-network",
  preserve: "texts to leave alone",
  demonstrations: "examples",
};

/** With other examples, texts or another network it would be another edit; second moments of other text come close. */
function refuseWithout(brought: readonly BroughtInput[]): void {
  const missing = brought.filter((name) => name !== "statistics").map((name) => NAMES[name]);
  if (missing.length === 0) return;
  throw new AppError(
    "bad-request",
    `This edit was made with ${missing.join(" and ")} from a file, which it does not hold: computed again it would be another one.`,
    "Make it again with that file in the shell, or make a new edit with the lab's own.",
  );
}

/** Computes an edit of the stack again, on the edits that are below it now. */
async function computeAgain(
  { model, stack }: LoadedState,
  id: string,
  call: EditCall,
  inputs: EditInputs,
  context: CallContext<EditPartial>,
): Promise<Computed> {
  const done: Computed = { ids: [id], losses: [], warnings: [], intermediates: [] };
  await stack.recompute(id, async () => {
    const below = stack.edits.slice(
      0,
      stack.edits.findIndex((edit) => edit.id === id),
    );
    const options = { ...inputs, ...context, keptKeys: keptKeysOf(below), ...besideOf(below) };
    const { edit, warnings } = await computeEdit(model, call, options);
    done.losses = edit.losses;
    done.warnings = warnings;
    return edit;
  });
  return done;
}
