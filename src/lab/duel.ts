/** The same requests by several methods, each on the untouched base, asked with the same probes. The stack is lent, not changed. */
import type { EditCall } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import type { DuelRequest, DuelResult } from "../domain/trials";
import { checkCall } from "../editing/computeEdit";
import { AppError } from "../lib/errors";
import { createPartProgress } from "./partProgress";
import { loadedModel, type Session } from "./session";
import { askProbes, scoresBefore, tryEdit, withStack } from "./trial";

/** @throws AppError bad-request when no method can take the requests; cancelled */
export async function duelMethods(
  session: Session,
  { entries, requests, seed }: DuelRequest,
  context: CallContext<DuelResult>,
): Promise<DuelResult> {
  const started = performance.now();
  const state = loadedModel(session);
  const { signal } = context;
  const calls = entries.map(({ method, settings }): EditCall => ({ method, settings, requests, seed }));
  refuseHopeless(session, calls);
  return withStack(state, [], async () => {
    context.onProgress({ note: "Asking before any edit", done: 0, total: 0 });
    const before = await askProbes(state, requests, signal);
    const result: DuelResult = { before: scoresBefore(before), entries: [], milliseconds: 0 };
    const partOf = createPartProgress((progress) => context.onProgress(progress), calls.length);
    for (const [index, call] of calls.entries()) {
      const { method, settings } = call;
      const onProgress = partOf(method, index);
      onProgress({ note: "beginning", done: 0, total: 0 });
      const outcome = await tryEdit(session, call, before, { signal, onProgress });
      result.entries.push({ method, settings, ...outcome });
      result.milliseconds = performance.now() - started;
      context.onProgress(
        { note: `${method} is done`, done: 100 * (index + 1), total: 100 * calls.length },
        { ...result, entries: [...result.entries] },
      );
    }
    return result;
  });
}

/** A call that its method refuses is told beside the others' results; when all are refused there is nothing to compare. */
function refuseHopeless(session: Session, calls: readonly EditCall[]): void {
  const { model } = loadedModel(session);
  const faults = calls.map((call) => {
    try {
      checkCall(model, call, ["{}"]);
      return undefined;
    } catch (error) {
      return error;
    }
  });
  if (calls.length === 0) {
    throw new AppError("bad-request", "No method is chosen.", "Choose at least one.", { field: "entries" });
  }
  if (faults.every((fault) => fault !== undefined)) throw faults[0];
}
