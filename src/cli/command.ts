/** What every command of the shell is: its options, its help, and what it does with a lab. */
import type { LabApi } from "../domain/labApi";
import type { ModelSource } from "../domain/model";
import type { CallContext } from "../domain/progress";
import { AppError } from "../lib/errors";
import type { Options, OptionTable } from "./arguments";

export type CommandContext = {
  lab: LabApi;
  call: CallContext<unknown>;
};

/** `json` is the whole result; `text` is what people read. */
export type CommandResult = { json: unknown; text: string };

export type Command = {
  summary: string;
  options: OptionTable;
  run(options: Options, context: CommandContext): Promise<CommandResult>;
};

/** Options that every command understands. */
export const COMMON: OptionTable = {
  json: { kind: "flag", help: "print one JSON document" },
  backend: {
    kind: "text",
    value: "wasm|webgpu",
    choices: ["wasm", "webgpu", "cpu"],
    help: "what computes (wasm)",
  },
  help: { kind: "flag", help: "show this help" },
};

export const MODEL_OPTIONS: OptionTable = {
  model: {
    kind: "text",
    value: "REF",
    required: true,
    help: "embedded:NAME, hf:OWNER/NAME[@REVISION], a folder or a .gguf file",
  },
  precision: {
    kind: "text",
    value: "float32|float16|int8",
    choices: ["float32", "float16", "int8"],
    help: "how weights are kept (the form that loses least of those that fit)",
  },
};

export const EDITS_OPTION: OptionTable = {
  edits: { kind: "text", value: "FILE", help: "edit file to switch on first" },
};

/** @throws AppError usage for a hub reference without owner and name. */
export function parseModelRef(ref: string): ModelSource {
  if (ref.startsWith("embedded:")) return { kind: "embedded", name: ref.slice("embedded:".length) };
  if (!ref.startsWith("hf:")) return { kind: "path", path: ref };
  const [, repository, revision = "main"] = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(ref) ?? [];
  if (repository === undefined) {
    throw new AppError(
      "usage",
      `“${ref}” names no model on the hub.`,
      "Write hf:OWNER/NAME or hf:OWNER/NAME@REVISION.",
    );
  }
  return { kind: "hub", repository, revision };
}
