/**
 * How long an edit will take, told before it begins: its passes are counted from the method's settings, one token's pass
 * is measured on this device, and what an edit then really took corrects the next estimate of its method. A forecast, not
 * a promise: contexts and second moments that must be made first are not in it.
 */
import type { EditCall, EditRequest, Settings } from "../domain/edit";
import { readCallSettings } from "../editing/computeEdit";
import { contextSize } from "../editing/contexts";
import { methodNamed } from "../editing/methods/methods";
import type { Method } from "../editing/methods/method";
import { rightPadded } from "../editing/rightPadded";
import { dispose, read } from "../gpu/tensor";
import { forwardWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import type { LoadedState } from "./session";

type Pace = {
  /** Seconds of one token through all layers, once measured. */
  token?: number;
  /** What edits of a method took over what was counted, the last one. */
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
/** Long enough that one pass is not all overhead. */
const MEASURED_TOKENS = 24;

/** Seconds the call will take. Throws what the call itself is refused for. */
export async function estimateEditSeconds({ model }: LoadedState, call: EditCall): Promise<number> {
  const pace = paceOf(model);
  const passes = countPasses(model, call);
  pace.token ??= await measureToken(model);
  return passes * pace.token * (pace.taken.get(call.method) ?? 1);
}

/** An edit is done: the next estimate of its method is corrected by what it took. */
export function learnEditPace({ model }: LoadedState, call: EditCall, milliseconds: number): void {
  const pace = paceOf(model);
  if (pace.token === undefined) return;
  pace.taken.set(call.method, milliseconds / 1000 / (countPasses(model, call) * pace.token));
}

/** The second pass of two: the first one compiles and allocates. */
async function measureToken(model: Model): Promise<number> {
  const [id = 0] = model.tokenizer.encode("a").ids;
  const count = Math.min(MEASURED_TOKENS, model.config.contextLength);
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

/** Passes of one token through all layers. */
function countPasses(model: Model, call: EditCall): number {
  const method = methodNamed(call.method);
  const { settings } = readCallSettings(call, model);
  return call.requests.reduce(
    (sum, request) => sum + requestPasses(model, method, settings, request),
    numberOf(settings, "preserveTexts") * PRESERVED_TOKENS * trainingShare(model, settings),
  );
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
  const steps = THERE_AND_BACK * numberOf(settings, "steps") * moving;
  const training = (prompt + answer) * trainingShare(model, settings);
  const probes = 1 + request.paraphrases.length + request.neighbours.length;
  const asking = 2 * (2 * probes * (prompt + answer) + FREE_TEXT_TOKENS);
  return rows * row + steps + training + asking;
}

function shareAbove({ config }: Model, { layer, editLayers }: Settings): number {
  const at = Array.isArray(editLayers) ? editLayers.at(-1) : layer;
  return typeof at === "number" ? (config.layers - at) / config.layers : 1;
}
