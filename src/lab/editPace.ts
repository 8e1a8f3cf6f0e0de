/**
 * How long an edit will take, told before it begins: its passes are counted from the method's settings, one token's pass
 * is measured on this device, and what an edit then really took corrects the next estimate of its method. A forecast, not
 * a promise: contexts and second moments that must be made first are not in it.
 */
import type { EditCall, EditRequest, Settings } from "../domain/edit";
import { readCallSettings } from "../editing/computeEdit";
import { demonstrationPool } from "../editing/around/demonstrations";
import { OWN_DEMONSTRATIONS } from "../editing/around/ownDemonstrations";
import { contextSize } from "../editing/contexts";
import { methodNamed } from "../editing/methods/methods";
import type { Method } from "../editing/methods/method";
import { rightPadded } from "../editing/rightPadded";
import { dispose, read } from "../gpu/tensor";
import { forwardWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import type { LoadedState } from "./session";

type Pace = {
  /** Seconds of one token among many through all layers, and of one alone, as text is written; once measured. */
  token?: number;
  alone?: number;
  /** What edits of a method took over what was counted. */
  taken: Map<string, number>;
};

/** By model: another model, or another engine, is measured anew. */
const paces = new WeakMap<Model, Pace>();
const paceOf = (model: Model): Pace => {
  const known = paces.get(model) ?? { taken: new Map<string, number>() };
  paces.set(model, known);
  return known;
};

/** In front of a prompt in the sampled contexts, on average. */
const CONTEXT_TOKENS = 8;
/** A step goes there and back, and back costs twice. */
const THERE_AND_BACK = 3;
const PRESERVED_TOKENS = 64;
const FREE_TEXT_TOKENS = 24;
const MOST_FREE_TEXTS = 8;
/** Of a long list of examples. */
const SAMPLED_EXAMPLES = 20;
/** Long enough that one pass is not all overhead. */
const MEASURED_TOKENS = 24;

/** Seconds the call will take. Throws what the call itself is refused for. */
export async function estimateEditSeconds({ model }: LoadedState, call: EditCall): Promise<number> {
  const pace = paceOf(model);
  pace.token ??= await measureToken(model, MEASURED_TOKENS);
  pace.alone ??= await measureToken(model, 1);
  return countedSeconds(model, call, pace.token, pace.alone) * (pace.taken.get(call.method) ?? 1);
}

/**
 * An edit is done: the next estimate of its method is corrected by what it took once its inputs were there. Half of what
 * was wrong is believed, for one edit may have had something to prepare that the next one has at hand.
 */
export function learnEditPace({ model }: LoadedState, call: EditCall, milliseconds: number): void {
  const { token, alone, taken } = paceOf(model);
  if (token === undefined || alone === undefined) return;
  const ratio = milliseconds / 1000 / countedSeconds(model, call, token, alone);
  taken.set(call.method, Math.sqrt(ratio * (taken.get(call.method) ?? 1)));
}

/** The second pass of two: the first one compiles and allocates. */
async function measureToken(model: Model, most: number): Promise<number> {
  const [id = 0] = model.tokenizer.encode("a").ids;
  const count = Math.min(most, model.config.contextLength);
  let seconds = 0;
  for (let turn = 0; turn < 2; turn++) {
    const started = performance.now();
    const tokens = rightPadded([new Array<number>(count).fill(id)]);
    const { residual, logits } = await forwardWithPauses(model, tokens, {
      logitsAt: Int32Array.of(count - 1),
    });
    dispose(residual);
    await read(logits!);
    dispose(logits);
    seconds = (performance.now() - started) / 1000;
  }
  return seconds / count;
}

function countedSeconds(model: Model, call: EditCall, token: number, alone: number): number {
  const written = 2 * FREE_TEXT_TOKENS * Math.min(call.requests.length, MOST_FREE_TEXTS);
  return countPasses(model, call) * token + written * alone;
}

/** Passes of one token among many through all layers. */
function countPasses(model: Model, call: EditCall): number {
  const method = methodNamed(call.method);
  const { settings } = readCallSettings(call, model);
  return call.requests.reduce(
    (sum, request) => sum + requestPasses(model, method, settings, request),
    numberOf(settings, "preserveTexts") * PRESERVED_TOKENS * trainingShare(model, settings) +
      comparedTokens(model, call, settings),
  );
}

/** Around the model: every example is read up to the middle, a few texts of each. */
function comparedTokens(
  { tokenizer }: Model,
  { method, demonstrations }: EditCall,
  settings: Settings,
): number {
  if (methodNamed(method).family !== "around" || settings["encoder"] !== "own") return 0;
  const examples = demonstrations ?? OWN_DEMONSTRATIONS;
  const read = examples.slice(0, SAMPLED_EXAMPLES).flatMap((one) => demonstrationPool([one]));
  const each = tokenizer.encode(read.join("")).ids.length / Math.min(examples.length, SAMPLED_EXAMPLES);
  return (examples.length * each) / 2;
}

const numberOf = (settings: Settings, name: string): number =>
  typeof settings[name] === "number" ? settings[name] : 0;

/** Of every text that a block is trained on: all steps, but one block of them all. */
const trainingShare = ({ config }: Model, settings: Settings): number =>
  (THERE_AND_BACK * numberOf(settings, "trainSteps")) / config.layers;

function requestPasses(model: Model, method: Method, settings: Settings, request: EditRequest): number {
  const tokensOf = (text: string): number => model.tokenizer.encode(text).ids.length;
  const prompt = tokensOf(request.prompt.replace("{}", () => request.subject));
  const answer = tokensOf(request.targetNew);
  const rows = contextSize(method.contexts).templates;
  const row = prompt + answer + (rows > 1 ? CONTEXT_TOKENS : 0);
  // Tokens before the subject's last, and layers below the edited one, are run once and kept.
  const moving = rows * (answer + prompt / 2) * shareAbove(model, settings);
  const steps = THERE_AND_BACK * passesOf(model, method, settings, request, { moving, whole: rows * row });
  const training = (prompt + answer) * trainingShare(model, settings);
  const probes = 1 + request.paraphrases.length + request.neighbours.length;
  const asking = 2 * 2 * probes * (prompt + answer);
  return rows * row + steps + training + asking;
}

/** Tokens that go there and back for one request. */
function passesOf(
  model: Model,
  { name }: Method,
  settings: Settings,
  { targetTrue = "" }: EditRequest,
  { moving, whole }: { moving: number; whole: number },
): number {
  const steps = numberOf(settings, "steps");
  // Each layer's attribution runs what lies above it, for every token of the old answer.
  if (name === "KN") return (steps * whole * model.config.layers * Math.max(1, model.tokenizer.encode(targetTrue).ids.length)) / 2; // prettier-ignore
  if (name === "MEND") return whole;
  if (name === "WISE") return steps * whole * shareAbove(model, settings);
  return steps * moving;
}

function shareAbove({ config }: Model, { layer, editLayers }: Settings): number {
  const at = Array.isArray(editLayers) ? editLayers.at(-1) : layer;
  return typeof at === "number" ? (config.layers - at) / config.layers : 1;
}
