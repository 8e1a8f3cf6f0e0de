/**
 * Requests turned into an edit: settings read, requests and statistics checked before any work, the method run, the
 * result described. Computes on the weights in use and changes nothing; putting it on the stack is the caller's.
 */
import type {
  BroughtInput,
  Codebook,
  EditCall,
  EditPartial,
  EditRequest,
  KeptKeys,
  NamedTensor,
  Settings,
  SideMemory,
} from "../domain/edit";
import type { SentenceEncoder } from "../domain/encoder";
import type { CallContext } from "../domain/progress";
import { AppError, invariant } from "../lib/errors";
import { createPace } from "../lib/pace";
import { sha256 } from "../lib/sha256";
import type { Model } from "../model/model";
import { checkContexts } from "./contexts";
import { checkLength, checkRequest } from "./factToken";
import type { HyperNetwork } from "./hyperNetwork";
import { trainedElsewhere } from "./hyperNetworkFile";
import { contradictions } from "./contradictions";
import type { KnownTargets } from "./knownTargets";
import { checkLongText } from "./longTexts";
import type { Method, RecipeContext } from "./methods/method";
import { methodNamed } from "./methods/methods";
import { createMoments } from "./moments";
import type { NullSpaceStore } from "./nullSpaceFile";
import { readWith } from "./settings/sharedSettings";
import type { ReadSettings } from "./settings/settingSpec";
import type { ComputedEdit } from "./stack";
import { hashMoment, type Statistics } from "./statistics";
import { statisticsWarnings } from "./statisticsWarnings";

export type ComputeOptions = CallContext<EditPartial> & {
  contexts: readonly string[];
  /** Needed when the method asks for second moments. */
  statistics?: Statistics | undefined;
  /** Keys of the enabled edits below, for methods with a memory. */
  keptKeys?: readonly KeptKeys[];
  /** What the enabled edits below put beside maps. */
  codebooks?: readonly Codebook[];
  sideMemories?: readonly SideMemory[];
  /** Texts whose hidden states should stay, for methods that train on them. */
  preserve?: readonly string[];
  /** For methods around the model. */
  sentenceEncoder?: SentenceEncoder | undefined;
  /** Where null spaces are kept between sessions. */
  nullSpaces?: NullSpaceStore;
  /** For methods that ask for one. */
  hyperNetwork?: HyperNetwork | undefined;
  /** Targets found before for the weights in use, where someone edits the same facts again and again. */
  knownTargets?: KnownTargets;
};

export type ComputedResult = { edit: ComputedEdit; warnings: string[]; intermediates: NamedTensor[] };

/** The caller's settings over the method's defaults for this model. Throws AppError `bad-request` naming the field. */
export function readCallSettings(
  { method, settings }: Pick<EditCall, "method" | "settings">,
  { config }: Pick<Model, "config">,
): ReadSettings<Settings> {
  return readWith(methodNamed(method).settings, settings, config);
}

/**
 * Everything about a call that can be refused without work. Throws AppError `bad-request` (naming the field),
 * `prompt-too-long`.
 */
export function checkCall(model: Model, call: EditCall, contexts: readonly string[]): void {
  const method = methodNamed(call.method);
  const { settings } = readCallSettings(call, model);
  method.check?.(settings);
  if (call.requests.length === 0) {
    throw new AppError("bad-request", "There is nothing to edit.", "Give a subject and a new answer.");
  }
  checkContexts(contexts);
  for (const request of call.requests) {
    checkRequest(request);
    method.checkRequest?.(request);
    checkLength(model.tokenizer, request, contexts, model.config.contextLength);
    if (method.longTargets) checkLongText(model, request, settings);
  }
}

/**
 * Throws AppError `bad-request` (naming the field), `bad-statistics`, `wrong-model`, `singular-matrix`, `prompt-too-long`,
 * `not-finite`, `cancelled`. Nothing stays allocated then.
 */
export async function computeEdit(
  model: Model,
  call: EditCall,
  options: ComputeOptions,
): Promise<ComputedResult> {
  const { contexts, statistics, signal, onProgress } = options;
  const { keptKeys = [], codebooks = [], sideMemories = [], preserve = [] } = options;
  checkCall(model, call, contexts);
  const method = methodNamed(call.method);
  invariant(method.batch || call.requests.length === 1, `${method.name} edits one fact at a time`);
  checkHyperNetwork(method, options.hyperNetwork, model);
  const { settings } = readCallSettings(call, model);
  const layers = method.statisticsLayers(settings);
  assertOfThisModel(statistics, model);
  const moments = createMoments(statistics, layers, model.config.mlpWidth, signal, options.nullSpaces);
  const { requests, seed } = call;
  const input = {
    requests,
    settings,
    contexts,
    moments,
    keptKeys,
    codebooks,
    sideMemories,
    preserve,
    seed,
    hyperNetwork: options.hyperNetwork,
    sentenceEncoder: options.sentenceEncoder,
    ...(call.demonstrations && { demonstrations: call.demonstrations }),
    ...(options.knownTargets && { knownTargets: options.knownTargets }),
  };
  const result = await method.run(model, input, { signal, report: reporter(onProgress) });
  const brought = broughtBy(call, method, settings);
  assertFinite([
    ...result.updates.flatMap((update) => (update.kind === "dense" ? [update.values] : [update.u, update.v])),
    ...(result.codebook?.entries.map(({ value }) => value) ?? []),
    ...(result.sideMemory?.open ? [result.sideMemory.open.entries.values] : []),
    ...(result.memory ? [result.memory.keys, result.memory.centre] : []),
    ...(result.sideMemory?.closed.map(({ entries }) => entries.values) ?? []),
  ]);
  return {
    edit: {
      name: call.name ?? nameOf(requests),
      method: call.method,
      settings,
      requests: [...requests],
      updates: result.updates,
      keptKeys: result.keptKeys ?? [],
      ...(result.codebook && { codebook: result.codebook }),
      ...(result.sideMemory && { sideMemory: result.sideMemory }),
      ...(result.memory && { memory: result.memory }),
      losses: result.losses,
      seed,
      statisticsHash: await hashOf(statistics, layers),
      contexts,
      ...(brought.length > 0 && { brought }),
      created: new Date().toISOString(),
    },
    warnings: [
      ...contradictions(requests),
      ...(await statisticsWarnings(method, model, statistics, layers)),
      ...result.warnings,
    ],
    intermediates: result.intermediates,
  };
}

/** Of the caller's own inputs those that the method made use of. */
function broughtBy(call: EditCall, method: Method, settings: Settings): BroughtInput[] {
  const uses: Record<BroughtInput, boolean> = {
    statistics: method.statisticsLayers(settings).length > 0,
    hyperNetwork: method.hyperNetwork === true,
    preserve: (method.preserves?.(settings) ?? 0) > 0,
    demonstrations: method.family === "around",
  };
  const names = Object.keys(uses) as BroughtInput[];
  return names.filter((name) => uses[name] && call[name] !== undefined);
}

/** Throws AppError `bad-request` where a method needs a network that is not there, `wrong-model` for another model's. */
export function checkHyperNetwork(method: Method, network: HyperNetwork | undefined, { hash }: Model): void {
  if (!method.hyperNetwork) return;
  if (network?.modelHash === hash) return;
  if (network) throw trainedElsewhere("The hyper-network");
  throw new AppError(
    "bad-request",
    `${method.name} needs a hyper-network trained on this very model, and none came with it.`,
    "Load palimpsest-facts, or train one (scripts/train/mend.py).",
    { field: "hyperNetwork" },
  );
}

/** Statistics that tell which model they were made on must have been made on this one. */
function assertOfThisModel(statistics: Statistics | undefined, { hash, baseHash }: Model): void {
  const made = statistics?.modelHash ?? "";
  if (made === "" || made === hash || made === baseHash) return;
  throw new AppError("wrong-model", "The statistics are those of another model.", "Collect statistics of this model.", {
    modelHash: made,
  }); // prettier-ignore
}

function nameOf(requests: readonly EditRequest[]): string {
  const [first, ...rest] = requests;
  const name = `${shorten(first!.subject)} → ${shorten(first!.targetNew.trim())}`;
  return rest.length === 0 ? name : `${name} and ${rest.length} more`;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** Progress with the remaining time of the part that is running. */
function reporter(onProgress: ComputeOptions["onProgress"]): RecipeContext["report"] {
  let pace = createPace();
  let current = "";
  return (note, done, total, losses) => {
    const part = note.replace(/\d+/g, "");
    if (part !== current) [pace, current] = [createPace(), part];
    const secondsLeft = pace(done, total);
    const progress = { note, done, total, ...(secondsLeft === undefined ? {} : { secondsLeft }) };
    const last = losses?.at(-1);
    if (last) onProgress(progress, { losses: [...last], vector: losses!.length - 1 });
    else onProgress(progress);
  };
}

/** One layer's own hash, or one over several. */
async function hashOf(statistics: Statistics | undefined, layers: readonly number[]): Promise<string> {
  const hashes = [];
  for (const layer of layers) {
    const moment = statistics?.layers.get(layer);
    if (moment) hashes.push(await hashMoment(moment));
  }
  return hashes.length > 1 ? sha256(...hashes) : (hashes[0] ?? "");
}

function assertFinite(arrays: readonly Float32Array[]): void {
  if (arrays.every((values) => values.every(Number.isFinite))) return;
  throw new AppError(
    "not-finite",
    "The edit came out with numbers that are not finite.",
    "Try a smaller learning rate, or another layer.",
  );
}
