/**
 * The user's own edits while a sequence has their place on the model: set aside with the lab, whose journal keeps them for
 * the next visit, and put back. What the journal refuses is held here for as long as the page is open.
 */
import type { Lab } from "../workers/client";
import { forgetAside, recallAside, type AsideStorage } from "./keptAside";
import { toAppError } from "./run";
import type { Stores } from "./stores";

type Bytes = Uint8Array<ArrayBuffer>;
export type OwnEditsLab = Pick<Lab, "saveEdits" | "editsAside" | "setEditsAside">;
export type OwnEdits = ReturnType<typeof createOwnEdits>;

const NOT_KEPT = "This browser cannot keep your own edits beside the run.";
const WHILE_OPEN =
  "They can be put back as long as this page is open. To have them later, put them back and save them.";

export function createOwnEdits(
  { model, stack, notices, lifelong }: Stores,
  lab: OwnEditsLab,
  changeStack: (change: () => Promise<unknown>) => Promise<void>,
  storage: AsideStorage | undefined,
) {
  /** What the journal refused, by model, newest last. */
  const held = new Map<string, readonly Bytes[]>();
  const heldFor = (modelHash: string): readonly Bytes[] => held.get(modelHash) ?? [];
  const newestHere = (modelHash: string): Bytes | undefined =>
    heldFor(modelHash).at(-1) ?? recallAside(storage, modelHash);

  /** Edits are on the model that are not those of a run. */
  const hasOwn = (): boolean =>
    (stack.getState().stack?.edits.length ?? 0) > 0 && lifelong.getState().onStack === undefined;

  const tellWhetherAside = async (modelHash: string): Promise<void> => {
    const { sets } = await lab.editsAside({});
    if (model.getState().model?.hash !== modelHash) return;
    lifelong.setState({ isSetAside: sets > 0 || newestHere(modelHash) !== undefined });
  };

  /** What an earlier version kept goes to the lab. It leaves its old place only once it is there. */
  const takeOver = async (modelHash: string): Promise<void> => {
    const old = recallAside(storage, modelHash);
    if (old === undefined) return;
    await lab.setEditsAside({ bytes: old }).then(
      () => forgetAside(storage, modelHash),
      () => undefined,
    );
  };

  const tellFault = (error: unknown): void => {
    const { message, remedy } = toAppError(error);
    notices.getState().tell("bad", message, remedy);
  };

  const look = async (modelHash: string): Promise<void> => {
    try {
      await takeOver(modelHash);
      await tellWhetherAside(modelHash);
    } catch (error) {
      tellFault(error);
    }
  };

  const setAside = async (modelHash: string): Promise<void> => {
    const { bytes } = await lab.saveEdits({});
    try {
      await lab.setEditsAside({ bytes });
    } catch (error) {
      if (toAppError(error).code !== "storage") throw error;
      held.set(modelHash, [...heldFor(modelHash), bytes]);
      notices.getState().tell("info", NOT_KEPT, WHILE_OPEN);
    }
    lifelong.setState({ isSetAside: true });
  };

  /** A set that the journal does not have; own edits on the model are held in its place. */
  const putBackHere = async (modelHash: string, bytes: Bytes): Promise<void> => {
    const others = heldFor(modelHash).filter((set) => set !== bytes);
    const present = hasOwn() ? [(await lab.saveEdits({})).bytes] : [];
    const isOpen = await stack.getState().open(new File([bytes], "edits.palimpsest"), false);
    if (isOpen) held.set(modelHash, [...present, ...others]);
  };

  model.subscribe(({ model: now }, { model: before }) => {
    if (now?.hash === before?.hash) return;
    lifelong.setState({ isSetAside: false });
    if (now !== undefined) void look(now.hash);
  });

  return {
    /**
     * Edits on the model make way: the user's own are kept, those of a run are known by its points and can be made again.
     * False where they are still there.
     */
    async makeRoom(modelHash: string): Promise<boolean> {
      const count = (): number => stack.getState().stack?.edits.length ?? 0;
      if (count() === 0) return true;
      try {
        if (hasOwn()) await setAside(modelHash);
      } catch (error) {
        tellFault(error);
        return false;
      }
      await changeStack(() => stack.getState().keepFirst(0));
      return count() === 0;
    },
    async putBack(): Promise<void> {
      const modelHash = model.getState().model?.hash;
      if (modelHash === undefined) return;
      const bytes = newestHere(modelHash);
      await changeStack(() =>
        bytes === undefined ? stack.getState().putBack(hasOwn()) : putBackHere(modelHash, bytes),
      );
      // The list of edits, where a refused change is told, may not be on the screen.
      const { change } = stack.getState();
      if (change.status === "failed") tellFault(change.error);
      await look(modelHash);
    },
  };
}
