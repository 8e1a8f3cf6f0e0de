/** One edit made, asked about and taken back. Duels and layer sweeps are lists of these; the journal is never written. */
import type { EditCall, EditPartial, EditRequest, Probe } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import type { TrialOutcome, TrialScores } from "../domain/trials";
import { readCallSettings } from "../editing/computeEdit";
import type { StackedEdit } from "../editing/stack";
import { pairProbes, probeSides, type SidedProbe } from "../evaluation/probes";
import { throwIfCancelled } from "../lib/cancel";
import { AppError, toErrorReport } from "../lib/errors";
import { scoreProbes } from "../lib/probeScores";
import { computeInTurn } from "./edit";
import { gatherInputs } from "./editInputs";
import { loadedModel, type LoadedState, type Session } from "./session";

/**
 * Runs `body` with `edits` as the whole stack and puts the user's own back, whatever happened. Kept edits in storage are
 * not touched, so that a crash on the way brings the user's own back too.
 */
export async function withStack<Result>(
  { stack }: LoadedState,
  edits: readonly StackedEdit[],
  body: () => Promise<Result>,
): Promise<Result> {
  const own = stack.edits;
  try {
    await stack.goBackTo(edits);
    return await body();
  } finally {
    await stack.goBackTo(own);
  }
}

/** What every probe of every request says on the weights in use. Throws `cancelled`. */
export async function askProbes(
  { model }: LoadedState,
  requests: readonly EditRequest[],
  signal: AbortSignal,
): Promise<SidedProbe[]> {
  const sides: SidedProbe[] = [];
  for (const request of requests) sides.push(...(await probeSides(model, request, signal)));
  return sides;
}

/** The scores of probes that nothing has happened to yet. */
export function scoresBefore(before: readonly SidedProbe[]): TrialScores {
  return scoreProbes(pairProbes(before, before));
}

/** Computes the edit on the weights in use, asks, and takes it back. Throws `cancelled`; other failures are the outcome. */
export async function tryEdit(
  session: Session,
  call: EditCall,
  before: readonly SidedProbe[],
  context: CallContext<EditPartial>,
): Promise<TrialOutcome> {
  const state = loadedModel(session);
  const started = performance.now();
  const own = state.stack.edits;
  try {
    const { settings } = readCallSettings(call, state.model);
    const inputs = await gatherInputs(session, call, settings, context);
    const { ids, warnings } = await computeInTurn(state, call, inputs, context);
    const probes: Probe[] = pairProbes(before, await askProbes(state, call.requests, context.signal));
    const edits = state.stack.state.edits.filter(({ id }) => ids.includes(id));
    return {
      status: "done",
      scores: scoreProbes(probes),
      probes,
      updates: edits.flatMap(({ updates }) => updates),
      warnings,
      milliseconds: performance.now() - started,
    };
  } catch (error) {
    throwIfCancelled(context.signal);
    // An engine that has failed would give no number worth comparing.
    session.engine?.assertHealthy();
    if (!(error instanceof AppError)) throw error;
    return { status: "failed", error: toErrorReport(error) };
  } finally {
    await state.stack.goBackTo(own);
  }
}
