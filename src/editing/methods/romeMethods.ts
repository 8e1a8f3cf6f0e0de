/** ROME and R-ROME as methods of the list: one recipe, told apart by which key stands in its formula. */
import type { OptimisationStep, RomeSettings } from "../../domain/edit";
import { romeDefinition, rRomeDefinition } from "../settings/romeSettings";
import { method, type Method } from "./method";
import { rome } from "./rome";

const romeMethod = (name: "ROME" | "R-ROME", summary: string): Method =>
  method<RomeSettings>({
    name,
    family: "locate",
    summary,
    changes: "the MLP output projection of one layer, by a change of rank one",
    settings: name === "ROME" ? romeDefinition : rRomeDefinition,
    statisticsLayers: ({ layer, useSecondMoment }) => (useSecondMoment ? [layer] : []),
    solvesWithMoment: true,
    batch: false,
    contexts: "rome",
    longTargets: false,
    run: async (model, { requests, settings, contexts, moments }, { signal, report }) => {
      const secondMoment = settings.useSecondMoment ? await moments.factor(settings.layer) : undefined;
      const onStep = (losses: readonly OptimisationStep[]) =>
        report("Optimising the new value", losses.length, settings.steps, [losses]);
      return rome(model, { request: requests[0]!, settings, contexts, secondMoment }, { signal, onStep });
    },
  });

export const romeAsPublished = romeMethod(
  "ROME",
  "Writes one fact at a time into one layer, where causal tracing finds it.",
);
export const rRome = romeMethod(
  "R-ROME",
  "ROME with one and the same key throughout its formula, which makes long sequences of edits safer.",
);
