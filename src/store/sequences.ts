/** Intents of the lifelong workspace: a sequence takes the place of the edits on the model, and gives it back. */
import type { StackState } from "../domain/edit";
import type { Fact } from "../domain/superposition";
import type { Lab } from "../workers/client";
import { forgetAside, keepAside, recallAside } from "./keptAside";
import { lifelongPlan, type LeftOut } from "./lifelongPlan";
import type { Stores } from "./stores";

type Page = {
  changeStack(change: () => Promise<unknown>): Promise<void>;
  ensureFacts(): Promise<readonly Fact[]>;
};

const TOO_FEW =
  "Open a list of facts with their answers in the Superposition workspace, several of each kind.";

const TOO_LARGE =
  "They can be put back as long as this page is open. To have them later, put them back and save them.";

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
  lab: Pick<Lab, "knownFacts" | "saveEdits">,
  page: Page,
  storage: Storage | undefined = globalThis.localStorage,
) {
  const { model, stack, notices, lifelong, damage } = stores;
  /** Edits that made way for a sequence, to be put back, by the model they are of. */
  const setAside = new Map<string, Uint8Array<ArrayBuffer>>();
  const asideOf = (modelHash: string) => setAside.get(modelHash) ?? recallAside(storage, modelHash);
  model.subscribe(({ model: now }, { model: before }) => {
    if (now?.hash !== before?.hash)
      lifelong.setState({ isSetAside: now !== undefined && asideOf(now.hash) !== undefined });
  });

  const adopt = (state: StackState): void => stack.getState().adopt(state);
  const afterwards = async (): Promise<void> => {
    await page.changeStack(() => stack.getState().refresh());
    void damage.getState().measure();
  };

  /** The user's own edits are kept; those of an earlier sequence are known by its points and can be made again. */
  const makeRoom = async (modelHash: string): Promise<void> => {
    const count = stack.getState().stack?.edits.length ?? 0;
    if (count === 0) return;
    if (lifelong.getState().onStack === undefined) {
      const { bytes } = await lab.saveEdits({});
      setAside.set(modelHash, bytes);
      if (!keepAside(storage, modelHash, bytes))
        notices.getState().tell("info", "This browser cannot keep your own edits beside the run.", TOO_LARGE);
      lifelong.setState({ isSetAside: true });
    }
    await page.changeStack(() => stack.getState().keepFirst(0));
  };

  return {
    /** A new sequence of the model's own facts, else of the list; edits on the model make way for it. */
    async startLifelong(): Promise<void> {
      const { model: loaded } = model.getState();
      if (loaded === undefined) return;
      const { form, start } = lifelong.getState();
      const own = (await lab.knownFacts({ list: "own" })).facts;
      const facts = own.length > 0 ? own : await page.ensureFacts();
      const { leftOut, ...planned } = lifelongPlan(facts, form.count);
      if (planned.requests.length < 2) {
        const why = [TOO_FEW, ...leftOutWords(leftOut, facts.length)].join(" ");
        return notices.getState().tell("bad", "There are too few facts for a sequence.", why);
      }
      // The model's own list holds several facts of a subject on purpose.
      const plan = { ...planned, leftOut: own.length > 0 ? [] : leftOut };
      await makeRoom(loaded.hash);
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
    async putBack(): Promise<void> {
      const modelHash = model.getState().model?.hash;
      const bytes = modelHash === undefined ? undefined : asideOf(modelHash);
      if (modelHash === undefined || bytes === undefined) return;
      const file = new File([bytes], "edits.palimpsest");
      let isBack = false;
      await page.changeStack(async () => void (isBack = await stack.getState().open(file, false)));
      if (!isBack) return;
      setAside.delete(modelHash);
      forgetAside(storage, modelHash);
      lifelong.setState({ isSetAside: false });
    },
  };
}
