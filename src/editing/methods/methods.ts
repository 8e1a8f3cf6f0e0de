/** Every editing method the lab has. */
import type { EditMethod } from "../../domain/edit";
import { AppError } from "../../lib/errors";
import { nearest } from "../../lib/nearest";
import { METHOD_NAMES } from "../methodNames";
import { alphaEdit } from "./alphaEdit";
import { anyEdit } from "./anyEdit";
import { emmet } from "./emmet";
import { ftL, ftM } from "./fineTuning";
import { grace } from "./grace";
import { ike } from "./ike";
import { kn } from "./kn";
import { lora } from "./lora";
import { memit } from "./memit";
import { mend } from "./mend";
import type { Method } from "./method";
import { pmet } from "./pmet";
import { romeAsPublished, rRome } from "./romeMethods";
import { serac } from "./serac";
import { unke } from "./unke";
import { wise } from "./wise";

export const METHODS: readonly Method[] = [
  romeAsPublished,
  rRome,
  memit,
  emmet,
  pmet,
  alphaEdit,
  unke,
  anyEdit,
  ftL,
  ftM,
  lora,
  kn,
  mend,
  grace,
  wise,
  ike,
  serac,
];

/** Throws AppError `bad-request` with the nearest known name. */
export function methodNamed(name: EditMethod): Method {
  const found = METHODS.find((method) => method.name === name);
  if (found) return found;
  const guess = nearest(name, METHOD_NAMES);
  throw new AppError(
    "bad-request",
    `There is no method “${String(name)}”.`,
    guess ? `Did you mean ${guess}?` : `There is ${METHOD_NAMES.join(", ")}.`,
    { field: "method" },
  );
}
