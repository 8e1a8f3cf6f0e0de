/** The edit being prepared and the one under way: what to write, how, and what it did. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditCall, EditPartial, EditRequest, EditResult, Neighbour } from "../domain/edit";
import type { Lab } from "../workers/client";
import { toTemplate, type Span } from "./prompt";
import { createRun, IDLE, type Run } from "./run";

export type SettingValue = string | number | boolean;

export type EditForm = {
  targetNew: string;
  /** What the model says today; filled from the trace or the example, shown as 'was …'. */
  targetTrue: string;
  /** Undefined: the model's own default. */
  layer: number | undefined;
  /** Only what differs from the method's defaults. */
  settings: Readonly<Record<string, SettingValue>>;
  seed: number;
  paraphrases: readonly string[];
  neighbours: readonly Neighbour[];
};

export type EditState = {
  form: EditForm;
  run: Run<EditResult, EditPartial>;
  /** The last finished edit; 'what changed' shows it. */
  result: EditResult | undefined;
  /** True while `result` comes from a file of stored results. */
  isStored: boolean;
  /** True while `result` was made in an earlier visit. */
  isEarlier: boolean;
  /** Counts the requests to type the new answer; the field takes the focus when it rises. */
  asks: number;
  setForm(change: Partial<EditForm>): void;
  editAtLayer(layer: number): void;
  setSetting(name: string, value: SettingValue | undefined): void;
  start(prompt: string, subject: Span): Promise<EditResult | undefined>;
  recompute(id: string): Promise<EditResult | undefined>;
  showStored(result: EditResult): void;
  /** The result of an earlier visit, beside the edit that is still on the model. */
  bringBack(result: EditResult): void;
  clear(): void;
};

export type EditStore = StoreApi<EditState>;

export const EMPTY_FORM: EditForm = {
  targetNew: "",
  targetTrue: "",
  layer: undefined,
  settings: {},
  seed: 1,
  paraphrases: [],
  neighbours: [],
};

/** The request an edit form stands for. */
export function toEditRequest(form: EditForm, prompt: string, subject: Span): EditRequest {
  const filled = (text: string): boolean => text.trim() !== "";
  return {
    prompt: toTemplate(prompt.trimEnd(), subject),
    subject: prompt.slice(subject.start, subject.end),
    targetNew: form.targetNew.trim(),
    ...(filled(form.targetTrue) ? { targetTrue: form.targetTrue.trim() } : {}),
    paraphrases: form.paraphrases.filter(filled),
    neighbours: form.neighbours.filter(({ prompt: text }) => filled(text)),
  };
}

/** The whole call, with the layer among the settings as the method's schema has it. */
export function toEditCall(form: EditForm, prompt: string, subject: Span): EditCall {
  const layer = form.layer === undefined ? {} : { layer: form.layer };
  return {
    method: "ROME",
    requests: [toEditRequest(form, prompt, subject)],
    settings: { ...form.settings, ...layer },
    seed: form.seed,
  };
}

export function createEditStore(lab: Pick<Lab, "edit" | "recomputeEdit">): EditStore {
  return createStore<EditState>()((set, get) => {
    const run = createRun<EditResult, EditPartial>((next) => set({ run: next }));
    const finish = (result: EditResult | undefined): EditResult | undefined => {
      if (result !== undefined) set({ result, isStored: false, isEarlier: false });
      return result;
    };

    return {
      form: EMPTY_FORM,
      run: IDLE,
      result: undefined,
      isStored: false,
      isEarlier: false,
      asks: 0,

      setForm: (change) => set({ form: { ...get().form, ...change } }),
      editAtLayer: (layer) => set({ form: { ...get().form, layer }, asks: get().asks + 1 }),
      setSetting: (name, value) => {
        const { [name]: _dropped, ...others } = get().form.settings;
        const settings = value === undefined ? others : { ...others, [name]: value };
        set({ form: { ...get().form, settings } });
      },

      start: async (prompt, subject) => {
        const call = toEditCall(get().form, prompt, subject);
        return finish(await run.start((context) => lab.edit(call, context)));
      },
      recompute: async (id) => finish(await run.start((context) => lab.recomputeEdit({ id }, context))),
      showStored: (result) => set({ result, isStored: true, isEarlier: false, run: IDLE }),
      bringBack: (result) => set({ result, isStored: false, isEarlier: true, run: IDLE }),
      clear: () => {
        run.stop();
        set({ run: IDLE, result: undefined, isStored: false, isEarlier: false });
      },
    };
  });
}
