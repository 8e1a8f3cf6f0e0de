/** One cell of the heatmap: which is selected, and the likeliest words with its state restored. */
import type { CellResult } from "../domain/trace";
import type { Lab } from "../workers/client";
import { createRun, IDLE } from "./run";
import type { TraceState, TraceStore } from "./traceStore";

export type TraceCells = ReturnType<typeof createCells>;

export function createCells(
  set: TraceStore["setState"],
  get: TraceStore["getState"],
  lab: Pick<Lab, "traceCell">,
) {
  const detail = createRun<CellResult>((next) => set({ detail: next }));
  const actions: Pick<TraceState, "selectCell" | "inspect"> = {
    selectCell: (cell) => {
      const before = get().cell;
      if (before?.token === cell?.token && before?.layer === cell?.layer) return;
      detail.stop();
      set({ cell, detail: IDLE });
    },
    inspect: async () => {
      const { cell, request, run } = get();
      if (cell === undefined || request === undefined || run.status === "running") return;
      await detail.start((context) => lab.traceCell({ trace: request, ...cell, top: 5 }, context));
    },
  };
  return { stop: () => detail.stop(), actions };
}
