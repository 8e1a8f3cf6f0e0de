import { writeFile } from "node:fs/promises";
import type { StackState } from "../../domain/edit";
import { AppError } from "../../lib/errors";
import type { Options } from "../arguments";
import { MODEL_OPTIONS, type Command, type CommandContext } from "../command";
import { openModel } from "../openModel";
import { table } from "../table";

function idAt({ edits }: StackState, options: Options, option: string): string | undefined {
  const position = options.number(option);
  if (position === undefined) return undefined;
  const found = edits[position];
  if (found) return found.id;
  throw new AppError("usage", `--${option} ${position}: the stack has edits 0 to ${edits.length - 1}.`);
}

async function changed(options: Options, { lab, call }: CommandContext): Promise<StackState> {
  const before = await lab.stack({}, call);
  const disable = idAt(before, options, "disable");
  const remove = idAt(before, options, "remove");
  let state = before;
  if (disable !== undefined) state = await lab.setEditEnabled({ id: disable, enabled: false }, call);
  if (remove !== undefined) state = await lab.removeEdit({ id: remove }, call);
  return state;
}

function asTable({ line, edits, weightHash }: StackState): string {
  const rows = edits.map(({ name, method, enabled, onOtherBase, updates }, position) => [
    position,
    enabled ? "on" : "off",
    name,
    method,
    updates.map(({ weight, rank }) => `${weight} rank ${rank}`).join(", "),
    onOtherBase ? "computed on another base" : "",
  ]);
  return `${line}\nweights ${weightHash.slice(0, 16)}\n\n${table(["#", "", "edit", "method", "changes", ""], rows)}`;
}

/** Shows an edit file's stack, and switches or removes edits in it. */
export const stack: Command = {
  summary: "show an edit file's stack; switch off or remove edits",
  options: {
    ...MODEL_OPTIONS,
    edits: { kind: "text", value: "FILE", required: true, help: "the edit file" },
    disable: { kind: "number", value: "N", help: "switch off the edit at this position" },
    remove: { kind: "number", value: "N", help: "take the edit at this position out" },
    out: { kind: "text", value: "FILE", writes: true, help: "write the changed stack" },
  },
  async run(options, context) {
    await openModel(options, context);
    const state = await changed(options, context);
    const out = options.text("out");
    if (out !== undefined) await writeFile(out, (await context.lab.saveEdits({}, context.call)).bytes);
    return { json: state, text: asTable(state) };
  },
};
