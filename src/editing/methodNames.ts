/** The methods' names, as requests, files and the shell write them. */
import type { EditMethod } from "../domain/edit";

export const METHOD_NAMES = [
  "ROME",
  "R-ROME",
  "MEMIT",
  "EMMET",
  "PMET",
  "AlphaEdit",
  "UnKE",
  "AnyEdit",
  "FT-L",
  "FT-M",
  "LoRA",
  "KN",
  "MEND",
  "GRACE",
  "WISE",
  "IKE",
  "SERAC",
] as const satisfies readonly EditMethod[];
