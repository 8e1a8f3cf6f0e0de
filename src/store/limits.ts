/**
 * Intents of the superposition and lifelong workspaces, of the preview in the edit panel and of the damage meter: what
 * touches several stores. Each reads as the story of what happened.
 */
import type { EditCall, EditResult, StackState } from "../domain/edit";
import type { Fact } from "../domain/superposition";
import type { Lab } from "../workers/client";
import { toEditCall } from "./editStore";
import { FEW_FACTS } from "./factListStore";
import type { Gallery } from "./gallery";
import { lifelongPlan } from "./lifelongPlan";
import { methodNamed } from "./methodStore";
import type { Stores } from "./stores";

export type Limits = ReturnType<typeof createLimits>;

/** Up to this many parameters measuring takes a moment, so that it is done unasked. */
export const MEASURED_UNASKED = 2e7;

type Page = {
  changeStack(change: () => Promise<unknown>): Promise<void>;
  afterEdit(result: EditResult | undefined): Promise<void>;
};

export function createLimits(stores: Stores, lab: Pick<Lab, "knownFacts" | "saveEdits">, page: Page) {
  const { model, prompt, edit, methods, stack, notices } = stores;
  const { facts: list, superposition, interference, lifelong, damage } = stores;
  let gallery: Gallery | undefined;
  /** Edits that made way for a sequence, to be put back. */
  let setAside: { bytes: Uint8Array<ArrayBuffer>; modelHash: string } | undefined;

  const isSmall = (): boolean => (model.getState().model?.parameters ?? Infinity) <= MEASURED_UNASKED;

  /** Whatever changes the weights, the meter follows, save between the steps of a sequence, which measures itself. */
  stack.subscribe(({ stack: now }, { stack: before }) => {
    if (now?.weightHash === before?.weightHash && now !== undefined && before !== undefined) return;
    const isOn = now?.edits.some((one) => one.enabled) === true;
    if (!isOn) return damage.getState().forget();
    lifelong.getState().recognise(now, model.getState().model?.hash);
    if (lifelong.getState().step.status !== "running") void damage.getState().measure();
  });
  // What was compared belongs to the model it was compared on; a list of the model's own facts as well.
  model.subscribe(({ model: now }, { model: before }) => {
    if (now === before || now?.hash === before?.hash) return;
    superposition.getState().forget();
    interference.getState().forget();
    damage.getState().forget();
    lifelong.getState().recognise(undefined, undefined);
    if (["known facts", "planted facts"].includes(list.getState().name)) list.getState().forget();
  });

  /** The list in use; where there is none yet the model's own, else the examples with their neighbours. */
  const ensureFacts = async (): Promise<readonly Fact[]> => {
    if (list.getState().facts.length === 0 && model.getState().model !== undefined) {
      const isOwn = await list.getState().choose("own", FEW_FACTS);
      if (!isOwn && gallery !== undefined)
        list.getState().take(galleryFacts(gallery), "facts of the examples");
    }
    return list.getState().facts;
  };

  const presentCall = (): EditCall | undefined => {
    const { text, subject } = prompt.getState();
    const { form } = edit.getState();
    const method = methodNamed(methods.getState().methods, form.method);
    // A long answer is cut into chunks, each with a place of its own in it; it needs no subject.
    if (method?.longTargets === true ? form.targetNew.trim() === "" : subject === undefined) return undefined;
    const call = toEditCall(form, text, subject, method);
    // The shares of a short answer do not depend on what is written, but a request without one is refused.
    const requests = call.requests.map((one) => ({
      ...one,
      targetNew: one.targetNew || one.targetTrue || "?",
    }));
    return { ...call, requests };
  };

  const adopt = (state: StackState): void => stack.getState().adopt(state);

  const analyse = async (): Promise<void> => {
    const facts = await ensureFacts();
    const { model: loaded } = model.getState();
    if (loaded === undefined || facts.length === 0) return;
    const { compared, layer } = superposition.getState();
    await superposition.getState().analyse(facts, {
      name: list.getState().name,
      model: loaded,
      weightsLine: stack.getState().stack?.line ?? "base model",
      layer: compared === undefined ? loaded.defaultEditLayer : Math.min(layer, loaded.layers - 1),
    });
  };

  return {
    hearGallery: (found: Gallery | undefined): void => void (gallery = found),
    ensureFacts,
    isSmall,
    analyse,
    galleryFacts: (): Fact[] => (gallery === undefined ? [] : galleryFacts(gallery)),

    /** What the edit being prepared would do to the list. */
    async preview(): Promise<void> {
      const call = presentCall();
      if (call === undefined || model.getState().model === undefined) return;
      const facts = await ensureFacts();
      if (facts.length > 0) await interference.getState().look(call, facts);
    },

    /** What the newest edit did to the list, beside what its factors say. */
    async check(): Promise<void> {
      const newest = stack.getState().stack?.edits.at(-1);
      const facts = await ensureFacts();
      if (newest !== undefined && facts.length > 0) await interference.getState().compare(newest, facts);
    },

    /** Writes another answer for one fact of a pair, and asks the other one before and after. */
    async editPair(
      one: Fact,
      other: Fact,
      layer: number,
      targetNew: string,
    ): Promise<EditResult | undefined> {
      const neighbours = other.target === undefined ? [] : [{ ...other, target: other.target }];
      const result = await edit.getState().start({
        method: "ROME",
        requests: [
          {
            ...{ prompt: one.prompt, subject: one.subject, targetNew, paraphrases: [] },
            ...(one.target === undefined ? {} : { targetTrue: one.target }),
            neighbours,
          },
        ],
        settings: { layer },
        seed: 1,
      });
      await page.afterEdit(result);
      return result;
    },

    /** Edits on the model make way, and can be put back afterwards. */
    async startLifelong(): Promise<void> {
      const { model: loaded } = model.getState();
      if (loaded === undefined) return;
      const { form, start } = lifelong.getState();
      const own = (await lab.knownFacts({ list: "own" })).facts;
      const facts = own.length > 0 ? own : await ensureFacts();
      const plan = lifelongPlan(facts, form.count);
      if (plan.requests.length < 2) {
        return notices.getState().tell("bad", "There are too few facts for a sequence.", TOO_FEW);
      }
      await makeRoom(loaded.hash);
      const list = own.length > 0 ? "known facts" : stores.facts.getState().name;
      await start(plan, { model: loaded, list, settings: {} }, adopt);
      await page.changeStack(() => stack.getState().refresh());
      void damage.getState().measure();
    },
    async resumeLifelong(): Promise<void> {
      await lifelong.getState().resume(adopt);
      await page.changeStack(() => stack.getState().refresh());
      void damage.getState().measure();
    },
    async scrub(edits: number): Promise<void> {
      await page.changeStack(async () => {
        const state = await lifelong.getState().scrub(edits);
        if (state !== undefined) adopt(state);
      });
    },
    async putBack(): Promise<void> {
      if (setAside?.modelHash !== model.getState().model?.hash || setAside === undefined) return;
      const file = new File([setAside.bytes], "edits.palimpsest");
      await page.changeStack(() => stack.getState().open(file, false));
      setAside = undefined;
      lifelong.setState({ isSetAside: false });
    },
  };

  /** The user's own edits are kept; those of an earlier sequence are known by its points and can be made again. */
  async function makeRoom(modelHash: string): Promise<void> {
    const count = stack.getState().stack?.edits.length ?? 0;
    if (count === 0) return;
    if (lifelong.getState().onStack === undefined) {
      setAside = { ...(await lab.saveEdits({})), modelHash };
      lifelong.setState({ isSetAside: true });
    }
    await page.changeStack(() => stack.getState().keepFirst(0));
  }
}

const TOO_FEW =
  "Open a list of facts with their answers in the Superposition workspace, several of each kind.";

/** Every example and its neighbours, once each. */
function galleryFacts({ examples }: Gallery): Fact[] {
  const facts = examples.flatMap(({ template, subject, answer, neighbours }) => [
    { prompt: template, subject, target: answer },
    ...neighbours.flatMap(({ prompt, subject: name, target }) =>
      name === undefined ? [] : [{ prompt, subject: name, ...(target === undefined ? {} : { target }) }],
    ),
  ]);
  return [...new Map(facts.map((fact) => [`${fact.prompt}\n${fact.subject}`, fact])).values()];
}
