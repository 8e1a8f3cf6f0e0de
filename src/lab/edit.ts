/** Editing facts: probe, compute, put on the stack, probe again. A failed or cancelled edit leaves the stack as it was. */
import type {
  EditCall,
  EditPartial,
  EditRequest,
  EditResult,
  NamedTensor,
  OptimisationStep,
  Settings,
  TargetToken,
} from "../domain/edit";
import type { CallContext } from "../domain/progress";
import { computeEdit, readCallSettings } from "../editing/computeEdit";
import { methodNamed } from "../editing/methods/methods";
import { romeDefaults } from "../editing/settings/romeSettings";
import { readLongText } from "../editing/longTexts";
import { unheardWarnings } from "../editing/unheardUpdates";
import type { StackedEdit } from "../editing/stack";
import { pairProbes, probeSides, scoreAnswers } from "../evaluation/probes";
import { scoreTargetTokens, type TokenScore } from "../evaluation/targetTokens";
import { throwIfCancelled } from "../lib/cancel";
import { createPace } from "../lib/pace";
import { predictNeighbourShares } from "../superposition/neighbourShares";
import { continuePrompt } from "./continuePrompt";
import { learnEditPace } from "./editPace";
import { gatherInputs, type EditInputs } from "./editInputs";
import { keepStack } from "./journal";
import { createPartProgress } from "./partProgress";
import { loadedModel, type LoadedState, type Session } from "./session";

/** Tokens of the free text shown before and after, and for how many requests of a batch. */
const FREE_TEXT_TOKENS = 24;
const MOST_FREE_TEXTS = 8;
/** From this many requests on, asking them takes long enough to be told. */
const TOLD_FROM = 8;

type Side = {
  rewrites: { p: number; rank: number }[];
  probes: Awaited<ReturnType<typeof probeSides>>[];
  texts: string[];
  /** Per request, the tokens of a long answer; empty for methods of short ones. */
  tokens: (TokenScore & { text: string })[][];
};

/** Everything that is asked before and after in the same words. */
async function ask(
  state: LoadedState,
  { method, requests }: EditCall,
  settings: Settings,
  when: "before the edit" | "after the edit",
  context: CallContext<never>,
): Promise<Side> {
  const { model } = state;
  const prompts = requests.map(bare);
  const answers = requests.map((request) => ({ prompt: bare(request), answer: request.targetNew }));
  const scores = await scoreAnswers(model, answers, context);
  const rewrites = scores.map(({ p, rank }) => ({ p, rank }));
  const probes = [];
  const pace = createPace();
  const total = requests.length;
  for (const [done, request] of requests.entries()) {
    const secondsLeft = pace(done, total);
    if (total >= TOLD_FROM)
      context.onProgress({
        note: `Asking ${when}`,
        done,
        total,
        ...(secondsLeft !== undefined && { secondsLeft }),
      });
    probes.push(await probeSides(model, request, context.signal));
  }
  const texts = [];
  for (const prompt of prompts.slice(0, MOST_FREE_TEXTS))
    texts.push(await continuePrompt(state, prompt, FREE_TEXT_TOKENS, context));
  const tokens = [];
  const long = methodNamed(method).longTargets ? requests.slice(0, MOST_FREE_TEXTS) : [];
  for (const request of long) {
    const text = readLongText(model, request, settings);
    const found = await scoreTargetTokens(model, text, context.signal);
    tokens.push(found.map((one, at) => ({ ...one, text: model.tokenizer.tokenText(text.answer[at]!) })));
  }
  return { rewrites, probes, texts, tokens };
}

/** The same tokens before and after. */
function pairTokens(before: Side["tokens"][number], after: Side["tokens"][number]): TargetToken[] {
  return before.map(({ text, p, best }, index) => ({
    text,
    before: { p, best },
    after: { p: after[index]!.p, best: after[index]!.best },
  }));
}

export type Computed = {
  ids: string[];
  losses: OptimisationStep[][];
  warnings: string[];
  intermediates: NamedTensor[];
};

/** Keys that the enabled ones of these edits have written. */
export const keptKeysOf = (edits: readonly StackedEdit[]) =>
  edits.filter(({ enabled }) => enabled).flatMap(({ keptKeys = [] }) => keptKeys);

/** What the enabled ones put beside maps, lowest first. */
export function besideOf(edits: readonly StackedEdit[]) {
  const enabled = edits.filter((edit) => edit.enabled);
  return {
    codebooks: enabled.flatMap(({ codebook }) => (codebook ? [codebook] : [])),
    sideMemories: enabled.flatMap(({ sideMemory }) => (sideMemory ? [sideMemory] : [])),
  };
}

/** All requests in one edit, or one by one, each on the weights that the ones before left. */
export async function computeInTurn(
  state: LoadedState,
  call: EditCall,
  inputs: EditInputs,
  context: CallContext<EditPartial>,
): Promise<Computed> {
  const { model, stack } = state;
  const done: Computed = { ids: [], losses: [], warnings: [], intermediates: [] };
  const parts = methodNamed(call.method).batch ? [call.requests] : call.requests.map((one) => [one]);
  const partOf = createPartProgress((progress) => context.onProgress(progress), parts.length);
  try {
    for (const [index, requests] of parts.entries()) {
      const keptKeys = keptKeysOf(stack.edits);
      const part =
        parts.length > 1 ? { onProgress: partOf(`Edit ${index + 1} of ${parts.length}`, index) } : {};
      const options = { ...inputs, ...context, ...part, keptKeys, ...besideOf(stack.edits) };
      const { edit, warnings, intermediates } = await computeEdit(model, { ...call, requests }, options);
      done.ids.push(await stack.add(edit));
      done.losses.push(...edit.losses);
      done.warnings.push(...warnings);
      done.intermediates = intermediates;
    }
  } catch (error) {
    for (const id of done.ids.reverse()) await stack.remove(id);
    throw error;
  }
  return done;
}

const bare = ({ prompt, subject }: EditRequest): string => prompt.replace("{}", () => subject);

/** What changed between two sides, request by request. */
function compare(requests: readonly EditRequest[], before: Side, after: Side, losses: OptimisationStep[][]) {
  return {
    requests: requests.map((request, index) => ({
      subject: request.subject,
      prompt: request.prompt,
      target: request.targetNew,
      before: before.rewrites[index]!,
      after: after.rewrites[index]!,
      loss: losses[index] ?? [],
      ...(before.tokens[index] && { tokens: pairTokens(before.tokens[index], after.tokens[index]!) }),
    })),
    probes: requests.flatMap((_, index) => pairProbes(before.probes[index]!, after.probes[index]!)),
    generations: requests.slice(0, MOST_FREE_TEXTS).map((request, index) => ({
      prompt: bare(request),
      before: before.texts[index]!,
      after: after.texts[index]!,
    })),
  };
}

/** Everything around an edit: inputs, questions before and after, the journal. `compute` changes the stack. */
export async function editAndCompare(
  session: Session,
  call: EditCall,
  context: CallContext<EditPartial>,
  compute: (inputs: EditInputs) => Promise<Computed>,
): Promise<EditResult> {
  const started = performance.now();
  const state = loadedModel(session);
  const { settings, notes } = readCallSettings(call, state.model);
  const inputs = await gatherInputs(session, call, settings, context);
  const begun = performance.now();
  const before = await ask(state, call, settings, "before the edit", context);
  const earlier = state.stack.edits;
  const finish = async () => {
    const done = await compute(inputs);
    const after = await ask(state, call, settings, "after the edit", context);
    const edits = state.stack.edits.filter(({ id }) => done.ids.includes(id));
    const interference = await predictNeighbourShares(state.model, edits, context.signal);
    throwIfCancelled(context.signal);
    return { ...done, after, interference };
  };
  const { ids, losses, warnings, intermediates, after, interference } = await finish().catch(
    async (error: unknown) => {
      // Also when only the questions afterwards were stopped: nobody would know of the edit.
      await state.stack.goBackTo(earlier);
      throw error;
    },
  );
  await keepStack(session);
  const milliseconds = performance.now() - started;
  learnEditPace(state, call, performance.now() - begun);
  const stack = state.stack.state;
  const updates = stack.edits.filter((edit) => ids.includes(edit.id)).flatMap((edit) => edit.updates);
  const { silentLayers, config } = state.model;
  const unheard = unheardWarnings(updates, silentLayers, romeDefaults(config).layer);
  return {
    method: call.method,
    settings,
    ...compare(call.requests, before, after, losses),
    ...(losses.length > call.requests.length && { losses }),
    updates,
    warnings: [...notes, ...unheard, ...warnings],
    stack,
    editId: ids.at(-1)!,
    predictedInterference: interference,
    ...(call.intermediates && { intermediates }),
    milliseconds,
  };
}

/**
 * Writes facts into the model and tells what changed.
 * @throws AppError bad-request, bad-statistics, singular-matrix, not-finite, storage, cancelled
 */
export async function editFacts(
  session: Session,
  call: EditCall,
  context: CallContext<EditPartial>,
): Promise<EditResult> {
  const state = loadedModel(session);
  return editAndCompare(session, call, context, (inputs) => computeInTurn(state, call, inputs, context));
}
