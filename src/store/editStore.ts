/** The edit being prepared and the one under way: what to write, how, and what it did. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type {
  EditCall,
  EditMethod,
  EditPartial,
  EditRequest,
  EditResult,
  Neighbour,
  Settings,
  SettingValue,
} from "../domain/edit";
import type { MethodDescription } from "../domain/methods";
import type { Lab } from "../workers/client";
import { layerSpec, layersUpTo } from "./methodStore";
import { toTemplate, type Span } from "./prompt";
import { createRun, IDLE, type Run } from "./run";

export type EditForm = {
  method: EditMethod;
  targetNew: string;
  /** What the model says today; filled from the trace or the example, shown as 'was …'. */
  targetTrue: string;
  /** Undefined: the model's own default. Of a method that writes several layers, the last one. */
  layer: number | undefined;
  /** Only what differs from the method's defaults. */
  settings: Readonly<Settings>;
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
  /** Each method keeps the settings it was given. */
  chooseMethod(method: EditMethod): void;
  editAtLayer(layer: number): void;
  setSetting(name: string, value: SettingValue | undefined): void;
  start(call: EditCall): Promise<EditResult | undefined>;
  recompute(id: string): Promise<EditResult | undefined>;
  showStored(result: EditResult): void;
  /** The result of an earlier visit, beside the edit that is still on the model. */
  bringBack(result: EditResult): void;
  clear(): void;
};

export type EditStore = StoreApi<EditState>;

export const EMPTY_FORM: EditForm = {
  method: "ROME",
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

/** Where the form's layer goes in the method's own schema. */
export function layerSettings({ layer }: EditForm, method: MethodDescription | undefined): Settings {
  if (layer === undefined) return {};
  if (method === undefined) return { layer };
  const spec = layerSpec(method);
  if (spec === undefined) return {};
  return spec.kind === "layers" ? { [spec.name]: layersUpTo(method, layer) } : { [spec.name]: layer };
}

/** The whole call, with the layer among the settings as the method's schema has it. */
export function toEditCall(
  form: EditForm,
  prompt: string,
  subject: Span,
  method?: MethodDescription,
): EditCall {
  return {
    method: form.method,
    requests: [toEditRequest(form, prompt, subject)],
    settings: { ...layerSettings(form, method), ...form.settings },
    seed: form.seed,
  };
}

export function createEditStore(lab: Pick<Lab, "edit" | "recomputeEdit">): EditStore {
  return createStore<EditState>()((set, get) => {
    const run = createRun<EditResult, EditPartial>((next) => set({ run: next }));
    const settingsOf = new Map<EditMethod, Readonly<Settings>>();
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
      chooseMethod: (method) => {
        const { form } = get();
        settingsOf.set(form.method, form.settings);
        set({ form: { ...form, method, settings: settingsOf.get(method) ?? {} } });
      },
      editAtLayer: (layer) => {
        const { form, asks } = get();
        const { editLayers: _dropped, ...settings } = form.settings;
        set({ form: { ...form, settings, layer }, asks: asks + 1 });
      },
      setSetting: (name, value) => {
        const { [name]: _dropped, ...others } = get().form.settings;
        const settings = value === undefined ? others : { ...others, [name]: value };
        set({ form: { ...get().form, settings } });
      },

      start: async (call) => finish(await run.start((context) => lab.edit(call, context))),
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
