/**
 * Intents of the superposition workspace, of the preview in the edit panel and of the damage meter, and with them those
 * of long sequences (sequences.ts): what touches several stores.
 */
import type { EditCall, EditResult } from "../domain/edit";
import type { Fact } from "../domain/superposition";
import { FEW_FACTS } from "./factListStore";
import type { Gallery } from "./gallery";
import { createSequences } from "./sequences";
import type { Stores } from "./stores";

export type Limits = ReturnType<typeof createLimits>;

/** Up to this many parameters measuring takes a moment, so that it is done unasked. */
export const MEASURED_UNASKED = 2e7;

type Page = {
  changeStack(change: () => Promise<unknown>): Promise<void>;
  afterEdit(result: EditResult | undefined): Promise<void>;
  previewCall(): EditCall | undefined;
};

export function createLimits(stores: Stores, lab: Parameters<typeof createSequences>[1], page: Page) {
  const { model, edit, stack } = stores;
  const { facts: list, superposition, interference, lifelong, damage } = stores;
  let gallery: Gallery | undefined;

  const isSmall = (): boolean => (model.getState().model?.parameters ?? Infinity) <= MEASURED_UNASKED;

  /** Whatever changes the weights, the meter follows; between the steps of a sequence where that costs it little. */
  stack.subscribe(({ stack: now }, { stack: before }) => {
    if (now?.weightHash === before?.weightHash && now !== undefined && before !== undefined) return;
    const isOn = now?.edits.some((one) => one.enabled) === true;
    if (!isOn) return damage.getState().forget();
    lifelong.getState().recognise(now, model.getState().model?.hash);
    if (lifelong.getState().step.status === "running") damage.getState().measureInPassing();
    else void damage.getState().measure();
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
    ...createSequences(stores, lab, { ...page, ensureFacts }),

    /** What the edit being prepared would do to the list. */
    async preview(): Promise<void> {
      const call = page.previewCall();
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
  };
}

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
