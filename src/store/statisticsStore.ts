/** Second moments of the keys at a layer: from the model's own text, or from one the user gives. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { SpectraRequest, SpectraResult, StatisticsResult } from "../domain/statistics";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type StatisticsState = {
  /** The text the user pasted or opened; one document per line. */
  text: string;
  run: Run<StatisticsResult>;
  /** What an edit's threshold parts; gone when the second moments change. */
  spectra: Run<SpectraResult>;
  setText(text: string): void;
  /** Computes them for a layer, from the user's text if there is one; the next edits there use them. */
  compute(layer: number): Promise<void>;
  findSpectra(edit: SpectraRequest): Promise<void>;
  clear(): void;
};

export type StatisticsStore = StoreApi<StatisticsState>;

export function documentsOf(text: string): string[] {
  return text.split(/\r?\n/u).filter((line) => line.trim() !== "");
}

export function createStatisticsStore(lab: Pick<Lab, "statistics" | "keySpectra">): StatisticsStore {
  return createStore<StatisticsState>()((set, get) => {
    const run = createRun<StatisticsResult>((next) => set({ run: next }));
    const spectra = createRun<SpectraResult>((next) => set({ spectra: next }));
    const forgetSpectra = (): void => {
      spectra.stop();
      set({ spectra: IDLE });
    };
    return {
      text: "",
      run: IDLE,
      spectra: IDLE,
      setText: (text) => set({ text }),
      compute: async (layer) => {
        forgetSpectra();
        const texts = documentsOf(get().text);
        const request = texts.length === 0 ? { layers: [layer] } : { layers: [layer], texts };
        await run.start((context) => lab.statistics(request, context));
      },
      findSpectra: async (edit) => {
        await spectra.start((context) => lab.keySpectra(edit, context));
      },
      clear: () => {
        run.stop();
        set({ run: IDLE });
        forgetSpectra();
      },
    };
  });
}
