/** The list of methods with what each is, changes and can be set to, for the model that is loaded. */
import type { MethodDescription } from "../domain/methods";
import { METHODS } from "../editing/methods/methods";
import type { LoadedState } from "./session";

/** The loss is always read from the logits; published files name the layer, users need not see it. */
const WITHOUT_EFFECT = "lossLayer";

export function describeMethods({ model: { config } }: LoadedState): MethodDescription[] {
  return METHODS.map(({ name, family, summary, changes, batch, longTargets, settings }) => ({
    name,
    family,
    summary,
    changes,
    batch,
    longTargets,
    settings: settings.specs(config.layers).filter((spec) => spec.name !== WITHOUT_EFFECT),
    defaults: settings.defaults(config),
  }));
}
