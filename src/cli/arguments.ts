/** Reads a command line against a table of options. Unknown words are refused by name, with the nearest known one. */
import { AppError } from "../lib/errors";
import { nearest } from "../lib/nearest";

export type OptionSpec = {
  kind: "text" | "number" | "flag" | "texts";
  help: string;
  /** Shown in the help as the option's value. */
  value?: string;
  /** Allowed words of a text option. */
  choices?: readonly string[];
  required?: boolean;
  /** Its value names a file that the command writes when it is done (checkOutputs.ts). */
  writes?: boolean;
};

export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** Values by option name without dashes; absent options are absent. */
export type Options = {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  /** Every value of a repeatable option, in order. */
  texts(name: string): string[];
};

function usage(message: string, remedy = "See `palimpsest --help`."): AppError {
  return new AppError("usage", message, remedy);
}

function unknownOption(word: string, table: OptionTable): AppError {
  const guess = nearest(word.replace(/^--/, ""), Object.keys(table));
  return usage(`There is no option ${word} here.`, guess ? `Did you mean --${guess}?` : undefined);
}

/** Splits `--name=value`; a lone `--name` takes the next word unless it is a flag. */
function tokens(words: readonly string[], table: OptionTable): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (!word.startsWith("--")) throw usage(`“${word}” stands alone; every value belongs to an option.`);
    const [, name = "", inline] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word)!;
    if (!Object.hasOwn(table, name)) throw unknownOption(`--${name}`, table);
    const spec = table[name]!;
    if (spec.kind === "flag") {
      if (inline !== undefined) throw usage(`--${name} is a switch and takes no value.`);
      found.push([name, ""]);
    } else {
      const value = inline ?? words[++index];
      if (value === undefined) throw usage(`--${name} needs a value${spec.value ? ` (${spec.value})` : ""}.`);
      found.push([name, value]);
      // `--text a b c` names several files at once.
      while (spec.kind === "texts" && inline === undefined && words[index + 1]?.startsWith("--") === false) {
        found.push([name, words[++index]!]);
      }
    }
  }
  return found;
}

function checked(name: string, value: string, spec: OptionSpec): string {
  if (spec.kind === "number" && (value.trim() === "" || !Number.isFinite(Number(value)))) {
    throw usage(`--${name} takes a number, not “${value}”.`);
  }
  if (spec.choices && !spec.choices.includes(value)) {
    throw usage(`--${name} is one of ${spec.choices.join(", ")}; not “${value}”.`);
  }
  return value;
}

/** @throws AppError usage for unknown, repeated, malformed or missing options. */
export function parseOptions(words: readonly string[], table: OptionTable): Options {
  const values = new Map<string, string[]>();
  for (const [name, value] of tokens(words, table)) {
    const spec = table[name]!;
    const before = values.get(name) ?? [];
    if (before.length > 0 && spec.kind !== "texts") throw usage(`--${name} is given twice.`);
    values.set(name, [...before, checked(name, value, spec)]);
  }
  for (const [name, { required }] of Object.entries(table)) {
    if (required && !values.has(name)) throw usage(`--${name} is missing.`);
  }
  return {
    text: (name) => values.get(name)?.[0],
    number: (name) => (values.has(name) ? Number(values.get(name)![0]) : undefined),
    flag: (name) => values.has(name),
    texts: (name) => values.get(name) ?? [],
  };
}

/** `name=value` pairs of a repeatable option; numbers and booleans are read as such. */
export function parseAssignments(pairs: readonly string[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw usage(`--set takes name=value, not “${pair}”.`);
      return [name.trim(), readValue(value.trim())];
    }),
  );
}

function readValue(text: string): string | number | boolean {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
