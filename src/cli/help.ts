/** The texts of --help, made from the same tables that options are read with. */
import type { OptionSpec } from "./arguments";
import { COMMON, type Command } from "./command";

const INTRO = "Palimpsest edits what a language model knows. The same lab as the page's, in a terminal.";

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function optionRow([name, spec]: [string, OptionSpec]): [string, string] {
  const value = spec.value ? ` ${spec.value}` : "";
  return [`--${name}${value}`, spec.help + (spec.required ? " (required)" : "")];
}

export function generalHelp(commands: Readonly<Record<string, Command>>): string {
  const rows = Object.entries(commands).map(([name, { summary }]): [string, string] => [name, summary]);
  return [
    INTRO,
    "",
    "palimpsest <command> [options]",
    "",
    columns(rows),
    "",
    columns(Object.entries(COMMON).map(optionRow)),
    columns([["--version", "print the version"]]),
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
  ].join("\n");
}

export function commandHelp(name: string, { summary, options }: Command): string {
  const rows = Object.entries({ ...options, ...COMMON }).map(optionRow);
  return [`palimpsest ${name} — ${summary}`, "", columns(rows)].join("\n");
}
