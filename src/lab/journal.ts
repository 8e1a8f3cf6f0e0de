/** Keeps the stack in durable storage after every change, and puts it back when its model is loaded again. */
import { readEditFile, writeEditFile } from "../editing/editFile";
import type { EditFileModel } from "../editing/editFileSchema";
import type { StackedEdit } from "../editing/stack";
import { AppError } from "../lib/errors";
import { editableWeights } from "./editableWeights";
import { loadedModel, type Session } from "./session";

const nameFor = (modelHash: string): string => `stack-${modelHash}`;

/** The loaded stack as an edit file's bytes. */
export function stackBytes(session: Session): Uint8Array<ArrayBuffer> {
  return writeEditFile(loadedModel(session).stack.edits, identity(session));
}

const identity = (session: Session): EditFileModel => {
  const { model, info } = loadedModel(session);
  return { ref: info.ref, family: info.family, hash: model.hash };
};

/** Edits of a file, checked against the loaded model. @throws AppError bad-edit-file, wrong-model, not-finite */
export function readEdits(
  session: Session,
  bytes: Uint8Array<ArrayBuffer>,
  options: { fileName: string; acceptOtherRevision: boolean },
): Promise<StackedEdit[]> {
  const { weights } = loadedModel(session).model;
  return readEditFile(bytes, {
    ...options,
    model: identity(session),
    weightShape: editableWeights(weights).shapeOf,
  });
}

/** @throws AppError storage when the browser refuses; the stack itself is unharmed then */
export async function keepStack(session: Session): Promise<void> {
  const { stack, model } = loadedModel(session);
  const { journal } = session.environment;
  if (stack.edits.length === 0) await journal.remove(nameFor(model.hash));
  else await journal.write(nameFor(model.hash), stackBytes(session));
}

/** What a journal that cannot be read means: its content stays where it is, and the user is told. */
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
