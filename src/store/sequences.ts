/** Intents of the lifelong workspace: a sequence takes the place of the edits on the model, and gives it back. */
import type { StackState } from "../domain/edit";
import type { Fact } from "../domain/superposition";
import type { Lab } from "../workers/client";
import type { AsideStorage } from "./keptAside";
import type { LeftOut } from "./lifelongPlan";
import { createOwnEdits, type OwnEditsLab } from "./ownEdits";
import type { Stores } from "./stores";

type Page = {
  changeStack(change: () => Promise<unknown>): Promise<void>;
  ensureFacts(): Promise<readonly Fact[]>;
};

const NOT_FETCHED = "The code that plans a sequence could not be fetched.";
const TOO_FEW =
  "Open a list of facts with their answers in the Superposition workspace, several of each kind.";

/** How many and why, by the first of them. */
function leftOutWords(leftOut: readonly LeftOut[], of: number): string[] {
  const [first] = leftOut;
  if (first === undefined) return [];
  return [
    `Left out: ${leftOut.length} of ${of}, first fact ${first.index + 1} (“${first.subject}”): ${first.message}`,
  ];
}

export function createSequences(
  stores: Stores,
  lab: Pick<Lab, "knownFacts"> & OwnEditsLab,
  page: Page,
  storage: AsideStorage | undefined = globalThis.localStorage,
) {
  const { model, stack, notices, lifelong, damage } = stores;
  const ownEdits = createOwnEdits(stores, lab, page.changeStack, storage);

  const adopt = (state: StackState): void => stack.getState().adopt(state);
  const afterwards = async (): Promise<void> => {
    await page.changeStack(() => stack.getState().refresh());
    void damage.getState().measure();
  };

  return {
    /** A new sequence of the model's own facts, else of the list; edits on the model make way for it. */
    async startLifelong(): Promise<void> {
      const { model: loaded } = model.getState();
      if (loaded === undefined) return;
      const { form, start } = lifelong.getState();
      const own = (await lab.knownFacts({ list: "own" })).facts;
      const facts = own.length > 0 ? own : await page.ensureFacts();
      const planning = await import("./lifelongPlan").catch(() => undefined);
      if (planning === undefined) return notices.getState().tell("bad", NOT_FETCHED, "Try again.");
      const { leftOut, ...planned } = planning.lifelongPlan(facts, form.count);
      if (planned.requests.length < 2) {
        const why = [TOO_FEW, ...leftOutWords(leftOut, facts.length)].join(" ");
        return notices.getState().tell("bad", "There are too few facts for a sequence.", why);
      }
      // The model's own list holds several facts of a subject on purpose.
      const plan = { ...planned, leftOut: own.length > 0 ? [] : leftOut };
      if (!(await ownEdits.makeRoom(loaded.hash))) return;
      const list = own.length > 0 ? "known facts" : stores.facts.getState().name;
      await start(plan, { model: loaded, list, settings: {} }, adopt);
      await afterwards();
    },
    async resumeLifelong(): Promise<void> {
      await lifelong.getState().resume(adopt);
      await afterwards();
    },
    async scrub(edits: number): Promise<void> {
      await page.changeStack(async () => {
        const state = await lifelong.getState().scrub(edits);
        if (state !== undefined) adopt(state);
      });
    },
    putBack: ownEdits.putBack,
  };
}
