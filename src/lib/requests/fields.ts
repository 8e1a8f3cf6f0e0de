/** Fields of a stranger's record, looked at one by one; what is wrong is named with its place. Pure. */
import { AppError } from "../errors";
import { nearest } from "../nearest";

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const refuse = (
  where: string,
  fault: string,
  remedy = 'A request is {"prompt": "The {} is in", "subject", "target_new"}.',
): AppError => new AppError("bad-request", `${where} ${fault}.`, remedy);

/** Throws AppError `bad-request` unless every name is accepted. */
export function refuseUnknown(fields: Fields, where: string, accepted: ReadonlySet<string>): void {
  const unknown = Object.keys(fields).find((name) => !accepted.has(name));
  if (unknown === undefined) return;
  const guess = nearest(unknown, accepted);
  throw new AppError(
    "bad-request",
    `${where} has an unknown field “${unknown}”.`,
    guess ? `Did you mean “${guess}”?` : "",
  );
}

/** A text that is not empty. */
export function text(fields: Fields, name: string, where: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw refuse(where, `has no text in “${name}”`);
  return value;
}

/** A text, or as in CounterFact an object with the text under `str`. */
export function target(value: unknown, name: string, where: string): string {
  const found = isFields(value) ? value["str"] : value;
  if (typeof found !== "string" || found.trim() === "") throw refuse(where, `has no text in “${name}”`);
  return found;
}

/** A list of texts; none where the field is absent. */
export function texts(value: unknown, name: string, where: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    throw refuse(where, `needs a list of texts in “${name}”`);
  }
  return value as string[];
}

/** The first text inside any nesting of lists, as KnowEdit lists an answer's aliases. */
export function firstText(value: unknown, name: string, where: string): string {
  let leaf = value;
  while (Array.isArray(leaf)) leaf = leaf[0] as unknown;
  return target(leaf, name, where);
}

/** Records in a list. */
export function records(value: unknown, name: string, where: string): Fields[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isFields))
    throw refuse(where, `needs a list of objects in “${name}”`);
  return value;
}
