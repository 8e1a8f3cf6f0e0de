/**
 * Where is it: traces of the present prompt, one per view, kept so that going back to a view costs nothing.
 * The store holds plain results; the page derives pictures from them. How traces are run, and what is asked of a cell,
 * are files of their own.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { CellResult, TraceRequest, TraceResult } from "../domain/trace";
import type { Lab } from "../workers/client";
import type { Cell, Heatmap } from "../lib/heatmap/heatmap";
import type { Span } from "./prompt";
import { IDLE, type Run } from "./run";
import { createCells } from "./traceCells";
import { createTraceRuns } from "./traceRuns";

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

export function createTraceStore(lab: Pick<Lab, "trace" | "traceCell">): TraceStore {
  return createStore<TraceState>()((set, get) => {
    const cells = createCells(set, get, lab);
    const traces = createTraceRuns(set, get, lab, cells);
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
      ...traces.actions,
      ...cells.actions,

      setView: (view) => {
        traces.stop();
        set({ view, run: IDLE, detail: IDLE });
      },
      setSettings: (change) => set({ settings: { ...get().settings, ...change } }),
      setDifferenceAnswer: (differenceAnswer) => set({ differenceAnswer }),
      showStored: (shown) =>
        set({ shown, view: shown.view, request: undefined, about: undefined, run: IDLE, detail: IDLE }),
      clear: () => {
        traces.stop();
        cells.stop();
        set({
          ...{ shown: undefined, request: undefined, about: undefined, cell: undefined },
          ...{ run: IDLE, detail: IDLE },
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
