/**
 * Keeps the stack in durable storage after every change, and puts it back when its model is loaded again. Storage that
 * refuses costs nobody an edit: the page is told, and given the stack to hold. Several tabs may edit one model: the
 * edits of another tab join this one's stack, switched off, so that the last writer loses nobody's work.
 */
import { editFileModel, readEditFile, writeEditFile } from "../editing/editFile";
import type { StackedEdit } from "../editing/stack";
import { AppError, toErrorReport } from "../lib/errors";
import type { Stored } from "./durableFiles";
import { loadedModel, type Session } from "./session";

/** What this tab last saw in storage of its model's stack. */
export type KeptStack = {
  /** The content's version; undefined when there was none. */
  version: string | undefined;
  /** Which edits were in it: one that is missing later was removed here, one that is new came from elsewhere. */
  identities: ReadonlySet<string>;
  /** The last change could not be written. */
  isRefused: boolean;
};

export const NOTHING_KEPT: KeptStack = { version: undefined, identities: new Set(), isRefused: false };

const nameFor = (modelHash: string): string => `stack-${modelHash}`;

/** The same edit in every tab, whatever its id, name and switch there. */
const identity = ({ digest, created }: StackedEdit): string => `${digest} ${created}`;
const identitiesOf = (edits: readonly StackedEdit[]): Set<string> => new Set(edits.map(identity));

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

const readKept = (session: Session, { content }: Stored): Promise<StackedEdit[]> =>
  readEdits(session, content, { fileName: "The saved edits", acceptOtherRevision: false });

/** What cannot be read is not written over: someone may still be able to. */
async function putAside(session: Session, { content }: Stored): Promise<void> {
  const name = `unreadable-${nameFor(loadedModel(session).model.hash)}`;
  await session.environment.journal.write(name, content).catch(() => undefined);
}

/** Another tab has written since: its edits join this stack, save for those that were removed here. */
async function joinOthers(session: Session, current: Stored): Promise<void> {
  const { stack, kept } = loadedModel(session);
  const mine = identitiesOf(stack.edits);
  const stored = await readKept(session, current).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    return putAside(session, current).then(() => []);
  });
  const theirs = stored.filter((edit) => !mine.has(identity(edit)) && !kept.identities.has(identity(edit)));
  if (theirs.length === 0) return;
  await stack.join(theirs);
  session.environment.tell({ kind: "joined", edits: theirs.length });
}

function notKept(error: AppError): AppError {
  const remedy =
    "They stay on the model while this page is open. Save them to a file, then free some disk space.";
  const message = `Your edits could not be kept in this browser: ${error.message}`;
  return new AppError("storage", message, remedy, { ...error.details });
}

/** Writes the stack as it is now. When storage refuses, the page is told and given the stack; nothing is thrown. */
export async function keepStack(session: Session): Promise<void> {
  const state = loadedModel(session);
  const { stack, model, kept } = state;
  const { journal, tell } = session.environment;
  try {
    const version = await journal.update(nameFor(model.hash), async (current) => {
      if (current && current.version !== kept.version) await joinOthers(session, current);
      return stack.edits.length === 0 ? undefined : stackBytes(session);
    });
    state.kept = { version, identities: identitiesOf(stack.edits), isRefused: false };
    if (kept.isRefused) tell({ kind: "kept", modelHash: model.hash });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "storage") throw error;
    state.kept = { ...kept, isRefused: true };
    const report = toErrorReport(notKept(error));
    tell({ kind: "unkept", modelHash: model.hash, error: report, bytes: stackBytes(session) });
  }
}

/** When the journal cannot be read, the user is told. */
export async function restoreStack(session: Session): Promise<{ edits: number; notice?: string }> {
  const state = loadedModel(session);
  const { stack, model } = state;
  const { journal } = session.environment;
  const current = await journal.latest(nameFor(model.hash));
  if (current === undefined) return { edits: 0 };
  try {
    await stack.replaceAll(await readKept(session, current));
    state.kept = {
      version: current.version,
      identities: identitiesOf(stack.edits),
      isRefused: false,
    };
    return { edits: stack.edits.length };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await putAside(session, current);
    state.kept = { ...NOTHING_KEPT, version: current.version };
    return { edits: 0, notice: `The edits saved in this browser could not be read: ${error.message}` };
  }
}
