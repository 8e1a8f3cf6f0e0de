/** Loads the model a command names, and the edit file it starts from. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Backend, LoadedModel, Precision } from "../domain/model";
import { AppError } from "../lib/errors";
import { visibleString } from "../lib/visibleText";
import type { Options } from "./arguments";
import { parseModelRef, type CommandContext } from "./command";

/** @throws AppError model-not-found when the file cannot be read. */
export async function readInput(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new AppError("usage", `${path} cannot be read: ${(error as Error).message}`, "Check the path.");
  }
}

export async function openModel(options: Options, { lab, call }: CommandContext): Promise<LoadedModel> {
  const backend = options.text("backend") as Backend | undefined;
  const source = parseModelRef(options.text("model") ?? "");
  const precision = options.text("precision") as Precision | undefined;
  const wanted = { source, ...(backend && { backend }), ...(precision && { precision }) };
  const model = await lab.load(wanted, call);
  // Stderr, because a program may be reading the result.
  for (const notice of model.notices) process.stderr.write(`${visibleString(notice, "none")}\n`);
  const edits = options.text("edits");
  if (edits !== undefined) {
    const request = { bytes: await readInput(edits), fileName: basename(edits), acceptOtherRevision: false };
    await lab.openEdits(request, call);
  }
  return model;
}
