/** The same edit at every layer, one after the other, on the weights in use: where it takes, and what it costs there. */
import type { EditCall, Settings } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import type { SweepRequest, SweepResult } from "../domain/trials";
import { checkCall } from "../editing/computeEdit";
import { methodNamed } from "../editing/methods/methods";
import { AppError } from "../lib/errors";
import { createPartProgress } from "./partProgress";
import { loadedModel, type LoadedState, type Session } from "./session";
import { askProbes, scoresBefore, tryEdit, withStack } from "./trial";

/** @throws AppError bad-request, cancelled */
export async function sweepLayers(
  session: Session,
  { call, layers }: SweepRequest,
  context: CallContext<SweepResult>,
): Promise<SweepResult> {
  const started = performance.now();
  const state = loadedModel(session);
  const { signal } = context;
  const places = layers ?? Array.from({ length: state.model.config.layers }, (_none, layer) => layer);
  const calls = places.map((layer): EditCall => ({ ...call, settings: atLayer(state, call, layer) }));
  for (const one of calls) checkCall(state.model, one, one.contexts ?? ["{}"]);
  return withStack(state, state.stack.edits, async () => {
    const before = await askProbes(state, call.requests, signal);
    const { method } = call;
    const result: SweepResult = { method, before: scoresBefore(before), layers: [], milliseconds: 0 };
    const partOf = createPartProgress((progress) => context.onProgress(progress), calls.length);
    for (const [index, one] of calls.entries()) {
      const layer = places[index]!;
      const onProgress = partOf(`Layer ${layer}`, index);
      const outcome = await tryEdit(session, one, before, { signal, onProgress });
      result.layers.push({ layer, ...outcome });
      result.milliseconds = performance.now() - started;
      context.onProgress(
        { note: `Layer ${layer} is done`, done: 100 * (index + 1), total: 100 * calls.length },
        { ...result, layers: [...result.layers] },
      );
    }
    return result;
  });
}

/** The call's settings with this one layer, in the method's own schema. @throws AppError bad-request */
function atLayer({ model }: LoadedState, { method, settings }: EditCall, layer: number): Settings {
  const { specs } = methodNamed(method).settings;
  const names = specs(model.config.layers).map(({ name }) => name);
  const { layer: _layer, editLayers: _layers, layers: _published, ...rest } = settings;
  if (names.includes("layer")) return { ...rest, layer };
  if (names.includes("editLayers")) return { ...rest, editLayers: [layer] };
  throw new AppError(
    "bad-request",
    `${method} has no layer that could be chosen.`,
    "Sweep with a method that writes to a layer of its own, such as ROME.",
    { field: "method" },
  );
}
