/** The spectrum that AlphaEdit's threshold parts, told before an edit: which directions of key space are free. */
import type { CallContext } from "../domain/progress";
import type { SpectraRequest, SpectraResult } from "../domain/statistics";
import { readCallSettings } from "../editing/computeEdit";
import { methodNamed } from "../editing/methods/methods";
import { createMoments } from "../editing/moments";
import { AppError } from "../lib/errors";
import { nullSpaceStore } from "./editInputs";
import { loadedModel, type Session } from "./session";
import { statisticsForCall } from "./statistics";

/** The decompositions are kept, so that the edit itself finds them. @throws AppError bad-request, bad-statistics, cancelled */
export async function keySpectra(
  session: Session,
  { method, settings: given, statistics: file }: SpectraRequest,
  context: CallContext<never>,
): Promise<SpectraResult> {
  const { model } = loadedModel(session);
  const { settings } = readCallSettings({ method, settings: given }, model);
  const threshold = settings["nullSpaceThreshold"];
  const isParted = typeof threshold === "number" && (settings["inner"] ?? "AlphaEdit") === "AlphaEdit";
  if (!isParted) {
    const fault = `${method} writes along all directions: it parts no spectrum.`;
    throw new AppError("bad-request", fault, "AlphaEdit does, and AnyEdit over it.", { field: "method" });
  }
  const layers = methodNamed(method).statisticsLayers(settings);
  const statistics = await statisticsForCall(session, file, layers, context);
  const store = nullSpaceStore(session);
  const moments = createMoments(statistics, layers, model.config.mlpWidth, context.signal, store);
  const found: SpectraResult["layers"] = [];
  for (const [at, layer] of layers.entries()) {
    const { dimension, eigenvalues } = await moments.nullSpace(layer, threshold, (fraction) => {
      const done = Math.floor(100 * (at + fraction));
      context.onProgress({ note: "Decomposing the second moments", done, total: 100 * layers.length });
    });
    // A copy: the decomposition stays with the lab, and what is sent is given away.
    found.push({ layer, free: dimension, eigenvalues: Float64Array.from(eigenvalues) });
  }
  return { threshold, layers: found };
}
