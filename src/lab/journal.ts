/** Keeps the stack in durable storage after every change, and puts it back when its model is loaded again. */
import { editFileModel, readEditFile, writeEditFile } from "../editing/editFile";
import type { StackedEdit } from "../editing/stack";
import { AppError } from "../lib/errors";
import { loadedModel, type Session } from "./session";

const nameFor = (modelHash: string): string => `stack-${modelHash}`;

/** The loaded stack as an edit file's bytes. */
export function stackBytes(session: Session): Uint8Array<ArrayBuffer> {
  const { stack, model, info } = loadedModel(session);
  return writeEditFile(stack.edits, editFileModel(model, info.ref));
}

/** Edits of a file, checked against the loaded model. @throws AppError bad-edit-file, wrong-model, not-finite */
export function readEdits(
  session: Session,
  bytes: Uint8Array<ArrayBuffer>,
  options: { fileName: string; acceptOtherRevision: boolean },
): Promise<StackedEdit[]> {
  const { model, info } = loadedModel(session);
  return readEditFile(bytes, { ...options, model: editFileModel(model, info.ref), weights: model.weights });
}

/** @throws AppError storage when the browser refuses; the stack itself is unharmed then */
export async function keepStack(session: Session): Promise<void> {
  const { stack, model } = loadedModel(session);
  const { journal } = session.environment;
  if (stack.edits.length === 0) await journal.remove(nameFor(model.hash));
  else await journal.write(nameFor(model.hash), stackBytes(session));
}

/** A journal that cannot be read stays where it is, and the user is told. */
export async function restoreStack(session: Session): Promise<{ edits: number; notice?: string }> {
  const { stack, model } = loadedModel(session);
  const bytes = await session.environment.journal.read(nameFor(model.hash));
  if (bytes === undefined) return { edits: 0 };
  try {
    const options = { fileName: "The saved edits", acceptOtherRevision: false };
    await stack.replaceAll(await readEdits(session, bytes, options));
    return { edits: stack.edits.length };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { edits: 0, notice: `The edits saved in this browser could not be read: ${error.message}` };
  }
}
