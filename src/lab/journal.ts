/** Keeps the stack in durable storage after every change, and puts it back when its model is loaded again. */
import { readEditFile, writeEditFile } from "../editing/editFile";
import { AppError } from "../lib/errors";
import { loadedModel, type Session } from "./session";

const nameFor = (modelHash: string): string => `stack-${modelHash}`;

/** The loaded stack as an edit file's bytes. */
export async function stackBytes(session: Session): Promise<Uint8Array<ArrayBuffer>> {
  const { stack, model, info } = loadedModel(session);
  return writeEditFile(stack.edits, { ref: info.ref, family: info.family, hash: model.hash });
}

/** @throws AppError storage when the browser refuses; the stack itself is unharmed then */
export async function keepStack(session: Session): Promise<void> {
  const { stack, model } = loadedModel(session);
  const { journal } = session.environment;
  if (stack.edits.length === 0) await journal.remove(nameFor(model.hash));
  else await journal.write(nameFor(model.hash), await stackBytes(session));
}

/** What a journal that cannot be read means: its content stays where it is, and the user is told. */
export async function restoreStack(session: Session): Promise<{ edits: number; notice?: string }> {
  const { stack, model, info } = loadedModel(session);
  const bytes = await session.environment.journal.read(nameFor(model.hash));
  if (bytes === undefined) return { edits: 0 };
  try {
    const target = { ref: info.ref, family: info.family, hash: model.hash };
    await stack.replaceAll(readEditFile(bytes, { fileName: "the saved edits", model: target }));
    return { edits: stack.edits.length };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { edits: 0, notice: `The edits saved in this browser could not be read: ${error.message}` };
  }
}
