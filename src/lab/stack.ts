/** The edit stack's operations: every change is written to the journal before it is reported as done. */
import type { StackState } from "../domain/edit";
import type { EditStack } from "../editing/stack";
import { AppError } from "../lib/errors";
import { keepStack, readEdits, stackBytes } from "./journal";
import { loadedModel, type Session } from "./session";

async function change(session: Session, action: (stack: EditStack) => Promise<void>): Promise<StackState> {
  const { stack } = loadedModel(session);
  await action(stack);
  await keepStack(session);
  return stack.state;
}

export const stackState = async (session: Session): Promise<StackState> => loadedModel(session).stack.state;

export const setEditEnabled = (session: Session, { id, enabled }: { id: string; enabled: boolean }) =>
  change(session, (stack) => stack.setEnabled(id, enabled));

/** Switches on the lowest `count` edits and no others: a point of a long sequence comes back with the bits it had. */
export const useFirstEdits = (session: Session, { count }: { count: number }) =>
  change(session, async (stack) => {
    const isPlace = Number.isInteger(count) && count >= 0 && count <= stack.edits.length;
    if (!isPlace) {
      const there = `The stack has ${stack.edits.length} edits, so there are no first ${count}.`;
      throw new AppError("bad-request", there, "Choose a point of this sequence.");
    }
    await stack.goBackTo(stack.edits.map((edit, at) => ({ ...edit, enabled: at < count })));
  });

/** Keeps the lowest `count` edits and removes the others, as when a sequence goes on from an earlier point. */
export const keepFirstEdits = (session: Session, { count }: { count: number }) =>
  change(session, (stack) => stack.goBackTo(stack.edits.slice(0, Math.max(0, count))));

export const removeEdit = (session: Session, { id }: { id: string }) =>
  change(session, (stack) => stack.remove(id));

export const renameEdit = (session: Session, { id, name }: { id: string; name: string }) =>
  change(session, (stack) => stack.rename(id, name));

export const moveEdit = (session: Session, { id, to }: { id: string; to: number }) =>
  change(session, (stack) => stack.move(id, to));

/** The stack as one `.palimpsest` file. */
export const saveEdits = async (session: Session): Promise<{ bytes: Uint8Array<ArrayBuffer> }> => ({
  bytes: stackBytes(session),
});

type OpenRequest = { bytes: Uint8Array<ArrayBuffer>; fileName: string; acceptOtherRevision: boolean };

/** Replaces the stack by a file's. @throws AppError bad-edit-file, wrong-model; the stack is unchanged then */
export const openEdits = (session: Session, { bytes, ...options }: OpenRequest) =>
  change(session, async (stack) => stack.replaceAll(await readEdits(session, bytes, options)));
