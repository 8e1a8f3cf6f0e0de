/** `palimpsest <command>`: the same lab as the page's, in a terminal. Results on stdout, everything else on stderr. */
import type { Backend } from "../domain/model";
import type { Progress } from "../domain/progress";
import { createLab } from "../lab/createLab";
import { nodeEnvironment } from "../lab/nodeEnvironment";
import { AppError, toErrorReport } from "../lib/errors";
import { nearest } from "../lib/nearest";
import { visibleJson, visibleString } from "../lib/visibleText";
import { parseOptions } from "./arguments";
import { checkOutputs } from "./checkOutputs";
import { COMMON, type Command } from "./command";
import { constructed } from "./commands/constructed";
import { edit } from "./commands/edit";
import { evaluate } from "./commands/eval";
import { exportEdits } from "./commands/export";
import { generate } from "./commands/generate";
import { models } from "./commands/models";
import { score } from "./commands/score";
import { selfTest } from "./commands/selfTest";
import { stack } from "./commands/stack";
import { stats } from "./commands/stats";
import { superposition } from "./commands/superposition";
import { trace } from "./commands/trace";
import { traceAverage } from "./commands/traceAverage";
import { commandHelp, generalHelp } from "./help";
import { progressLine } from "./progressLine";

declare const __VERSION__: string;

const COMMANDS: Readonly<Record<string, Command>> = {
  models,
  generate,
  score,
  trace,
  "trace-average": traceAverage,
  stats,
  edit,
  stack,
  export: exportEdits,
  superposition,
  constructed,
  eval: evaluate,
  "self-test": selfTest,
};

const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

function findCommand(name: string): Command {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!;
  const guess = nearest(name, Object.keys(COMMANDS));
  throw new AppError(
    "usage",
    `There is no command “${name}”.`,
    guess ? `Did you mean ${guess}?` : "See --help.",
  );
}

/** What is printed: whatever was read from files, no character of it moves the cursor or turns the text round. */
async function runCommand(name: string, words: string[], controller: AbortController): Promise<string> {
  const command = findCommand(name);
  if (words.includes("--help")) return commandHelp(name, command);
  const options = parseOptions(words, { ...command.options, ...COMMON });
  await checkOutputs(options, command.options);
  const line = progressLine(process.stderr);
  const call = { signal: controller.signal, onProgress: (progress: Progress) => line.show(progress) };
  const lab = createLab(nodeEnvironment({ backend: (options.text("backend") ?? "wasm") as Backend }));
  try {
    const { json, text } = await command.run(options, { lab, call });
    return options.flag("json") ? visibleJson(json) : visibleString(text, "none");
  } finally {
    line.clear();
  }
}

function report(error: unknown, asJson: boolean): number {
  const { code, message, remedy, details } = toErrorReport(error);
  if (asJson) write(process.stdout, visibleJson({ error: { code, message, remedy, details } }));
  write(process.stderr, visibleString(remedy ? `${message} ${remedy}` : message, "none"));
  if (code === "usage") return EXIT.usage;
  return code === "cancelled" ? EXIT.interrupted : EXIT.failed;
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${text}\n`);
}

/** @returns the exit code */
async function main(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === "--help") {
    write(name ? process.stdout : process.stderr, generalHelp(COMMANDS));
    return name ? EXIT.done : EXIT.usage;
  }
  if (name === "--version") {
    write(process.stdout, __VERSION__);
    return EXIT.done;
  }
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  try {
    write(process.stdout, await runCommand(name, rest, controller));
    return EXIT.done;
  } catch (error) {
    return report(error, rest.includes("--json"));
  }
}

/** A pipe may take the output later than `exit` would wait for. */
function exitWhenWritten(code: number): void {
  process.stdout.write("", () => process.exit(code));
}

exitWhenWritten(await main(process.argv.slice(2)));
