/**
 * Hyper-parameters as data: one row per setting with its readable name, the published code's names, its range and its
 * meaning. Reading accepts either name, numbers as text (from the shell), and refuses what it does not know.
 */
import type { Settings, SettingValue } from "../../domain/edit";
import type { SettingSpec } from "../../domain/methods";
import { AppError } from "../../lib/errors";
import { nearest } from "../../lib/nearest";

export type { Settings, SettingValue } from "../../domain/edit";
export type { SettingSpec } from "../../domain/methods";

/** Fields of published hyper-parameter files that this lab does not take from there, and where it gets them instead. */
export type KnownElsewhere = Readonly<Record<string, string>>;

export type ReadSettings<S> = { settings: S; notes: string[] };

/**
 * `defaults` overridden by what the caller gave. `notes` names accepted fields that have no effect here, with the reason.
 * Throws AppError `bad-request` for unknown names (with the nearest known one), wrong types and values out of range.
 */
export function readSettings<S extends Settings>(
  specs: readonly SettingSpec[],
  defaults: S,
  given: Settings,
  elsewhere: KnownElsewhere = {},
): ReadSettings<S> {
  const settings: Settings = { ...defaults };
  const notes: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const spec = specs.find((candidate) => candidate.name === name || candidate.published.includes(name));
    if (spec) settings[spec.name] = readValue(spec, name, value);
    else if (Object.hasOwn(elsewhere, name)) notes.push(`“${name}” has no effect: ${elsewhere[name]}.`);
    else throw unknownSetting(name, specs);
  }
  for (const spec of specs) checkRange(spec, settings[spec.name]);
  return { settings: settings as S, notes };
}

function readValue(spec: SettingSpec, name: string, value: SettingValue): SettingValue {
  switch (spec.kind) {
    case "boolean":
      if (value === true || value === "true") return true;
      if (value === false || value === "false") return false;
      throw wrongValue(name, value, "true or false");
    case "choice":
      if (spec.choices.includes(String(value))) return String(value);
      throw wrongValue(name, value, `one of ${spec.choices.join(", ")}`);
    case "layers":
      return readLayers(name, value);
    default: {
      if (spec.off !== undefined && String(value) === "false") return spec.off;
      if (holdsSeveral(value) && spec.published.includes("layers"))
        throw wrongValue(name, value, "a number: this method edits one layer");
      if (typeof value === "object" && value.length !== 1) throw wrongValue(name, value, "a number");
      const number = typeof value === "string" ? parseNumber(value) : Number(value);
      if (typeof value === "boolean" || !Number.isFinite(number)) throw wrongValue(name, value, "a number");
      return number;
    }
  }
}

const holdsSeveral = (value: SettingValue): boolean =>
  typeof value === "object" ? value.length > 1 : String(value).includes(",");

/** A list, or its text: `[3,4,5]`, `3,4,5`. Sorted, without repeats. */
function readLayers(name: string, value: SettingValue): readonly number[] {
  const list =
    typeof value === "object"
      ? value
      : String(value)
          .replace(/^\s*\[|\]\s*$/g, "")
          .split(",")
          .map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (list.length === 0 || !list.every((layer) => Number.isInteger(layer)))
    throw wrongValue(name, value, "a list of layers such as 3,4,5");
  return [...new Set(list)].sort((a, b) => a - b);
}

/** A plain number, or the published files' list of one (`[5]`) for settings that take a single layer here. */
function parseNumber(text: string): number {
  const inner = /^\s*\[([^,\]]*)\]\s*$/.exec(text)?.[1] ?? text;
  return inner.trim() === "" ? Number.NaN : Number(inner);
}

function checkRange(spec: SettingSpec, value: SettingValue | undefined): void {
  if (spec.kind === "layers") {
    const wrong = (value as readonly number[]).some((layer) => layer < 0 || layer > spec.max);
    if (wrong) throw wrongValue(spec.name, value, `layers between 0 and ${spec.max}`);
  }
  if (spec.kind !== "number" && spec.kind !== "integer") return;
  const { name, min, max } = spec;
  if (spec.kind === "integer" && !Number.isInteger(value)) throw wrongValue(name, value, "a whole number");
  if (Number(value) < min || Number(value) > max) throw wrongValue(name, value, `between ${min} and ${max}`);
}

function wrongValue(name: string, value: SettingValue | undefined, expected: string): AppError {
  return new AppError(
    "bad-request",
    `The setting “${name}” is ${String(value)}; it must be ${expected}.`,
    "Change it, or leave it out for the model's default.",
    { name },
  );
}

function unknownSetting(name: string, specs: readonly SettingSpec[]): AppError {
  const known = specs.flatMap((spec) => [spec.name, ...spec.published]);
  const close = nearest(name, known);
  const remedy = close
    ? `Did you mean “${close}”?`
    : `Known settings: ${specs.map((spec) => spec.name).join(", ")}.`;
  return new AppError("bad-request", `There is no setting “${name}”.`, remedy, {
    name,
    ...(close ? { nearest: close } : {}),
  });
}
