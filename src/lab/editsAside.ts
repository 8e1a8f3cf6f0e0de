/**
 * The user's own edits while a sequence has their place on the model: sets of edits in the journal beside the stack,
 * each an edit file, so that whatever made way can be put back in the next visit as well. A set leaves the journal
 * only when the stack that holds its edits again has been written there.
 */
import type { StackState } from "../domain/edit";
import { AppError } from "../lib/errors";
import { keepStack, readEdits, stackBytes } from "./journal";
import { loadedModel, type Session } from "./session";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many sets wait; the one set aside last is put back first. */
type EditsAside = { sets: number };

const nameFor = (session: Session): string => `aside-${loadedModel(session).model.hash}`;

/** Sets one after the other, each behind its length in bytes (8). */
const LENGTH = 8;

function pack(sets: readonly Bytes[]): Bytes | undefined {
  if (sets.length === 0) return undefined;
  const packed = new Uint8Array(sets.reduce((sum, { length }) => sum + LENGTH + length, 0));
  let at = 0;
  for (const set of sets) {
    new DataView(packed.buffer).setBigUint64(at, BigInt(set.length), true);
    packed.set(set, at + LENGTH);
    at += LENGTH + set.length;
  }
  return packed;
}

/** The journal vouches for every byte (durableFiles.ts), so a length that does not fit was written by another version. */
function unpack(packed: Bytes | undefined): Bytes[] {
  const sets: Bytes[] = [];
  let rest = packed ?? new Uint8Array();
  while (rest.length > 0) {
    const length =
      rest.length < LENGTH
        ? Infinity
        : Number(new DataView(rest.buffer, rest.byteOffset).getBigUint64(0, true));
    if (LENGTH + length > rest.length) throw unreadable();
    sets.push(rest.subarray(LENGTH, LENGTH + length));
    rest = rest.subarray(LENGTH + length);
  }
  return sets;
}

const unreadable = (): AppError =>
  new AppError(
    "bad-edit-file",
    "The edits set aside in this browser cannot be read: another version of Palimpsest wrote them.",
    "They stay where they are. Open the page in the version that you used last.",
  );

const sameBytes = (one: Bytes, other: Bytes): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

const readSets = async (session: Session): Promise<Bytes[]> =>
  unpack(await session.environment.journal.read(nameFor(session)));

async function change(session: Session, to: (sets: Bytes[]) => Bytes[]): Promise<EditsAside> {
  let sets = 0;
  await session.environment.journal.update(nameFor(session), async (current) => {
    const after = to(unpack(current?.content));
    sets = after.length;
    return pack(after);
  });
  return { sets };
}

/** How many sets wait for the loaded model. @throws AppError bad-edit-file */
export const editsAside = async (session: Session): Promise<EditsAside> => ({
  sets: (await readSets(session)).length,
});

/**
 * Keeps an edit file beside the model as the newest set, once; the stack is as it was. It is read when it is put back.
 * @throws AppError storage; nothing is kept then
 */
export const setEditsAside = (session: Session, { bytes }: { bytes: Bytes }): Promise<EditsAside> =>
  change(session, (sets) => [...sets.filter((set) => !sameBytes(set, bytes)), bytes]);

/**
 * The newest set takes the place of the stack. With `keepPresent` the edits on the model become the oldest set, so that
 * asking again brings every set in turn; a set that cannot be read is passed over the same way.
 * @throws AppError bad-request without a set, bad-edit-file, storage; the stack is unchanged then
 */
export async function putEditsBack(
  session: Session,
  { keepPresent }: { keepPresent: boolean },
): Promise<StackState> {
  const state = loadedModel(session);
  const { stack } = state;
  const newest = (await readSets(session)).at(-1);
  if (!newest)
    throw new AppError("bad-request", "No edits are set aside for this model.", "Go on as you are.");
  const others = (sets: Bytes[]): Bytes[] => sets.filter((set) => !sameBytes(set, newest));
  const options = { fileName: "The edits set aside", acceptOtherRevision: false };
  const edits = await readEdits(session, newest, options).catch(async (error: unknown) => {
    await change(session, (sets) => [newest, ...others(sets)]);
    throw error;
  });
  if (keepPresent && stack.edits.length > 0) {
    const present = stackBytes(session);
    await change(session, (sets) => [present, ...sets.filter((set) => !sameBytes(set, present))]);
  }
  await stack.replaceAll(edits);
  await keepStack(session);
  if (!state.kept.isRefused) await change(session, others);
  return stack.state;
}
