/** Superposition of a list of facts, with the lab's own second moments or a file's. */
import type { CallContext } from "../domain/progress";
import type { SuperpositionRequest, SuperpositionResult } from "../domain/superposition";
import { readStatistics } from "../editing/statisticsFile";
import { analyseSuperposition, type StatisticsSource } from "../superposition/superposition";
import { onWeights } from "./language";
import { loadedModel, type Session } from "./session";
import { statisticsForLayers } from "./statistics";

/** @throws AppError bad-request, bad-statistics, wrong-model, singular-matrix, not-finite, cancelled */
export async function findSuperposition(
  session: Session,
  request: SuperpositionRequest,
  context: CallContext<never>,
): Promise<SuperpositionResult> {
  const state = loadedModel(session);
  const { statistics: file } = request;
  const given = file && (await readStatistics(file, "The statistics file", state.model));
  const statisticsOf: StatisticsSource = (layers, inner) =>
    given ? Promise.resolve(given) : statisticsForLayers(session, layers, inner);
  return onWeights(state, request.weights, () =>
    analyseSuperposition(state.model, request, statisticsOf, context),
  );
}
