/** The edit being prepared and the one under way: what to write, how, and what it did. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type {
  EditCall,
  EditMethod,
  EditPartial,
  EditRequest,
  EditResult,
  Neighbour,
  OptimisationStep,
  Settings,
  SettingValue,
} from "../domain/edit";
import type { MethodDescription } from "../domain/methods";
import type { CallContext } from "../domain/progress";
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
  /** Where the user cut a long answer; undefined: as the settings say. */
  cuts: readonly number[] | undefined;
  seed: number;
  paraphrases: readonly string[];
  neighbours: readonly Neighbour[];
};

export type EditState = {
  form: EditForm;
  /** Partly: the steps so far of every vector, one per chunk of a long answer. */
  run: Run<EditResult, OptimisationStep[][]>;
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
  /** Another model: layers and borders between tokens were the old one's. */
  forgetPlaces(): void;
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
  cuts: undefined,
  seed: 1,
  paraphrases: [],
  neighbours: [],
};

/** The request an edit form stands for. Without a subject the whole prompt is the question. */
export function toEditRequest(form: EditForm, prompt: string, subject: Span | undefined): EditRequest {
  const filled = (text: string): boolean => text.trim() !== "";
  const question = prompt.trimEnd();
  return {
    prompt: subject === undefined ? "{}" : toTemplate(question, subject),
    subject: subject === undefined ? question : prompt.slice(subject.start, subject.end),
    targetNew: form.targetNew.trim(),
    ...(filled(form.targetTrue) ? { targetTrue: form.targetTrue.trim() } : {}),
    paraphrases: form.paraphrases.filter(filled),
    neighbours: form.neighbours.filter(({ prompt: text }) => filled(text)),
    ...(form.cuts === undefined ? {} : { cuts: form.cuts }),
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
  subject: Span | undefined,
  method?: MethodDescription,
): EditCall {
  const cuts = method?.longTargets === true ? form.cuts : undefined;
  return {
    method: form.method,
    requests: [toEditRequest({ ...form, cuts }, prompt, subject)],
    settings: { ...layerSettings(form, method), ...form.settings },
    seed: form.seed,
  };
}

function withoutLayers({ editLayers: _dropped, ...settings }: Readonly<Settings>): Settings {
  return settings;
}

/** Settings that cut the answer anew. */
const CUTTING: ReadonlySet<string> = new Set(["chunking", "window", "overlap", "endOfText"]);

/** The lab tells of one vector at a time; the page shows all of them. */
function gather({ signal, onProgress }: CallContext<OptimisationStep[][]>): CallContext<EditPartial> {
  const vectors: OptimisationStep[][] = [];
  return {
    signal,
    onProgress: (progress, partial) => {
      if (partial === undefined) return onProgress(progress);
      vectors[partial.vector] = partial.losses;
      onProgress(
        progress,
        Array.from(vectors, (steps) => steps ?? []),
      );
    },
  };
}

export function createEditStore(lab: Pick<Lab, "edit" | "recomputeEdit">): EditStore {
  return createStore<EditState>()((set, get) => {
    const run = createRun<EditResult, OptimisationStep[][]>((next) => set({ run: next }));
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

      setForm: (change) => {
        const { form } = get();
        // Borders belong to the words they stand between.
        const isOther = change.targetNew !== undefined && change.targetNew !== form.targetNew;
        set({ form: { ...form, ...(isOther ? { cuts: undefined } : {}), ...change } });
      },
      chooseMethod: (method) => {
        const { form } = get();
        settingsOf.set(form.method, form.settings);
        set({ form: { ...form, method, settings: settingsOf.get(method) ?? {} } });
      },
      editAtLayer: (layer) => {
        const { form, asks } = get();
        set({ form: { ...form, settings: withoutLayers(form.settings), layer }, asks: asks + 1 });
      },
      forgetPlaces: () => {
        const { form } = get();
        for (const [method, settings] of settingsOf) settingsOf.set(method, withoutLayers(settings));
        const settings = withoutLayers(form.settings);
        set({ form: { ...form, settings, layer: undefined, cuts: undefined } });
      },
      setSetting: (name, value) => {
        const { [name]: _dropped, ...others } = get().form.settings;
        const settings = value === undefined ? others : { ...others, [name]: value };
        const cuts = CUTTING.has(name) ? undefined : get().form.cuts;
        set({ form: { ...get().form, settings, cuts } });
      },

      start: async (call) => finish(await run.start((context) => lab.edit(call, gather(context)))),
      recompute: async (id) =>
        finish(await run.start((context) => lab.recomputeEdit({ id }, gather(context)))),
      showStored: (result) => set({ result, isStored: true, isEarlier: false, run: IDLE }),
      bringBack: (result) => set({ result, isStored: false, isEarlier: true, run: IDLE }),
      clear: () => {
        run.stop();
        set({ run: IDLE, result: undefined, isStored: false, isEarlier: false });
      },
    };
  });
}
