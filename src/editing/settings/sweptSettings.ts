/**
 * Defaults that a sweep found for a model's geometry (scripts/sweepSettings.mjs writes swept.json; docs/defaults.md tells
 * how they did). They stand over a method's own defaults.
 */
import type { EditMethod } from "../../domain/edit";
import type { Settings } from "./settingSpec";
import { rowOf, type ModelShape } from "./sharedSettings";
import table from "./swept.json";

type Row = ModelShape & { methods: Partial<Record<EditMethod, Settings>> };

/** What was found for this method; nothing for models nobody has swept. */
export const swept = <S extends Settings>(method: EditMethod, model: ModelShape): Partial<S> =>
  (rowOf(table as readonly Row[], model)?.methods[method] ?? {}) as Partial<S>;
