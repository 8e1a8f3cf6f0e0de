/**
 * Where is it: traces of the present prompt, one per view, kept so that going back to a view costs nothing.
 * The store holds plain results; the page derives pictures from them.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { CellResult, TraceRequest, TraceResult, TracePartial } from "../domain/trace";
import type { Lab } from "../workers/client";
import { fromResult, joinRow, peakAtSubject, type Cell, type Heatmap } from "../lib/heatmap/heatmap";
import type { Span } from "./prompt";
import { createRun, IDLE, type Run } from "./run";

export type TraceView = "state" | "mlp" | "attention" | "severed" | "difference";

/** What the user can set; the rest of a request follows from the prompt and the view. */
export type TraceSettings = {
  samples: number;
  noise: "3sigma" | number;
  window: number;
  seed: number;
  /** The module cut off in the severed view. */
  sever: "mlp" | "attention";
  severedNoise: "published" | "same";
};

/** What a trace is about. `weightHash` separates results before and after an edit; `weightsLine` names them. */
export type TraceSubject = {
  prompt: string;
  subject: Span;
  answer?: string;
  weightHash: string;
  weightsLine: string;
};

export type DifferencePair = { before: TraceResult; after: TraceResult };
export type ShownTrace =
  | { view: Exclude<TraceView, "difference">; result: TraceResult; stored: boolean }
  | { view: "difference"; pair: DifferencePair; stored: boolean };

export type TraceState = {
  view: TraceView;
  settings: TraceSettings;
  /** Whose probability a difference follows: the answer before the edit, or the one written. */
  differenceAnswer: "old" | "new";
  run: Run<ShownTrace, Heatmap>;
  /** The last finished trace; stays in sight until another begins to fill. */
  shown: ShownTrace | undefined;
  /** The request behind `shown`, when this lab made it. */
  request: TraceRequest | undefined;
  about: TraceSubject | undefined;
  cell: Cell | undefined;
  detail: Run<CellResult>;
  setView(view: TraceView): void;
  setSettings(change: Partial<TraceSettings>): void;
  setDifferenceAnswer(which: "old" | "new"): void;
  /** Runs the present view, or shows its kept result. */
  start(about: TraceSubject): Promise<void>;
  /** Shows the present view's kept result; false when there is none. */
  recall(about: TraceSubject): boolean;
  showStored(shown: ShownTrace): void;
  selectCell(cell: Cell | undefined): void;
  /** Asks for the likeliest words with the selected state restored. */
  inspect(): Promise<void>;
  clear(): void;
};

export type TraceStore = StoreApi<TraceState>;

const DEFAULT_SETTINGS: TraceSettings = {
  samples: 10,
  noise: "3sigma",
  window: 10,
  seed: 1,
  sever: "mlp",
  severedNoise: "published",
};

/** Kept results per session; each is a few kilobytes. */
const MOST_KEPT = 60;

export function toRequest(
  about: TraceSubject,
  view: TraceView,
  settings: TraceSettings,
  weights: "edited" | "base",
): TraceRequest {
  const { samples, noise, window, seed, sever, severedNoise } = settings;
  return {
    prompt: about.prompt,
    subject: about.subject,
    ...(about.answer === undefined ? {} : { answer: about.answer }),
    kind: view === "mlp" || view === "attention" ? view : "state",
    window,
    samples,
    noise,
    seed,
    ...(view === "severed" ? { sever } : {}),
    severedNoise,
    naive: false,
    weights,
  };
}

export function createTraceStore(lab: Pick<Lab, "trace" | "traceCell">): TraceStore {
  const kept = new Map<string, TraceResult>();

  return createStore<TraceState>()((set, get) => {
    const run = createRun<ShownTrace, Heatmap>((next) => set({ run: next }));
    const detail = createRun<CellResult>((next) => set({ detail: next }));

    const keyOf = (about: TraceSubject, request: TraceRequest): string =>
      JSON.stringify([request.weights === "base" ? "base" : about.weightHash, request]);

    const keep = (key: string, result: TraceResult): TraceResult => {
      kept.delete(key);
      kept.set(key, result);
      const oldest = kept.keys().next().value;
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      return result;
    };

    /** The requests of a view: one, or for a difference the same question before and after. */
    const requests = (about: TraceSubject): TraceRequest[] => {
      const { view, settings } = get();
      const now = toRequest(about, view, settings, "edited");
      return view === "difference" ? [toRequest(about, view, settings, "base"), now] : [now];
    };

    const toShown = (results: readonly TraceResult[]): ShownTrace | undefined => {
      const { view } = get();
      const [first, second] = results;
      if (first === undefined) return undefined;
      if (view !== "difference") return { view, result: first, stored: false };
      return second && { view, pair: { before: first, after: second }, stored: false };
    };

    const recall = (about: TraceSubject): boolean => {
      const found = requests(about).map((request) => kept.get(keyOf(about, request)));
      if (found.some((result) => result === undefined)) return false;
      const shown = toShown(found.filter((result) => result !== undefined));
      run.stop();
      set({ shown, about, request: requests(about).at(-1), run: IDLE, detail: IDLE });
      return true;
    };

    return {
      view: "state",
      settings: DEFAULT_SETTINGS,
      differenceAnswer: "new",
      run: IDLE,
      shown: undefined,
      request: undefined,
      about: undefined,
      cell: undefined,
      detail: IDLE,

      setView: (view) => {
        run.stop();
        set({ view, run: IDLE, detail: IDLE });
      },
      setSettings: (change) => set({ settings: { ...get().settings, ...change } }),
      setDifferenceAnswer: (differenceAnswer) => set({ differenceAnswer }),
      recall,

      start: async (about) => {
        if (recall(about)) return;
        detail.stop();
        const wanted = requests(about);
        const finished = await run.start(async ({ signal, onProgress }) => {
          const results: TraceResult[] = [];
          for (const request of wanted) {
            const key = keyOf(about, request);
            let rows: Heatmap | undefined;
            const onRow = (progress: Parameters<typeof onProgress>[0], row?: TracePartial): void => {
              rows = row === undefined ? rows : joinRow(rows, row);
              onProgress(progress, rows);
            };
            results.push(kept.get(key) ?? keep(key, await lab.trace(request, { signal, onProgress: onRow })));
          }
          const shown = toShown(results);
          if (shown === undefined) throw new Error("A trace finished without a result.");
          return shown;
        });
        if (finished === undefined) return;
        const result = finished.view === "difference" ? finished.pair.after : finished.result;
        get().selectCell(get().cell ?? peakAtSubject(fromResult(result)));
        set({ shown: finished, about, request: wanted.at(-1), run: IDLE, detail: IDLE });
      },

      showStored: (shown) =>
        set({ shown, view: shown.view, request: undefined, about: undefined, run: IDLE, detail: IDLE }),

      selectCell: (cell) => {
        const before = get().cell;
        if (before?.token === cell?.token && before?.layer === cell?.layer) return;
        detail.stop();
        set({ cell, detail: IDLE });
      },

      inspect: async () => {
        const { cell, request, run: job } = get();
        if (cell === undefined || request === undefined || job.status === "running") return;
        await detail.start((context) => lab.traceCell({ trace: request, ...cell, top: 5 }, context));
      },

      clear: () => {
        run.stop();
        detail.stop();
        set({
          shown: undefined,
          request: undefined,
          about: undefined,
          run: IDLE,
          cell: undefined,
          detail: IDLE,
        });
      },
    };
  });
}

/** What to draw: the rows that have arrived while a trace runs, else the finished trace. */
export function pictureOf(state: Pick<TraceState, "run" | "shown">): ShownTrace | Heatmap | undefined {
  if (state.run.status === "running" && state.run.partial !== undefined) return state.run.partial;
  return state.shown;
}
