/** How a view's trace comes about: from what is kept, else by asking the lab, row by row. */
import type { CallContext } from "../domain/progress";
import type { TracePartial, TraceRequest, TraceResult } from "../domain/trace";
import { fromResult, joinRow, peakAtSubject, type Heatmap } from "../lib/heatmap/heatmap";
import type { Lab } from "../workers/client";
import { createKeptTraces } from "./keptTraces";
import { createRun, IDLE } from "./run";
import type { TraceCells } from "./traceCells";
import { requestsOf, toShown } from "./traceRequests";
import type { ShownTrace, TraceState, TraceStore, TraceSubject } from "./traceStore";

export function createTraceRuns(
  set: TraceStore["setState"],
  get: TraceStore["getState"],
  lab: Pick<Lab, "trace">,
  cells: Pick<TraceCells, "stop">,
) {
  const kept = createKeptTraces();
  const run = createRun<ShownTrace, Heatmap>((next) => set({ run: next }));

  /** What is kept is not asked for again. Rows are shown as they come. */
  const traceAll = async (
    about: TraceSubject,
    wanted: readonly TraceRequest[],
    { signal, onProgress }: CallContext<Heatmap>,
  ): Promise<ShownTrace> => {
    const results: TraceResult[] = [];
    for (const request of wanted) {
      let rows: Heatmap | undefined;
      const onRow: CallContext<TracePartial>["onProgress"] = (progress, row) => {
        rows = row === undefined ? rows : joinRow(rows, row);
        onProgress(progress, rows);
      };
      const known = kept.find(about, request);
      results.push(
        known ?? kept.keep(about, request, await lab.trace(request, { signal, onProgress: onRow })),
      );
    }
    const shown = toShown(get().view, results);
    if (shown === undefined) throw new Error("A trace finished without a result.");
    return shown;
  };

  const actions: Pick<TraceState, "recall" | "start"> = {
    recall: (about) => {
      const wanted = requestsOf(about, get());
      const found = wanted.flatMap((request) => kept.find(about, request) ?? []);
      if (found.length < wanted.length) return false;
      run.stop();
      set({ shown: toShown(get().view, found), about, request: wanted.at(-1), run: IDLE, detail: IDLE });
      return true;
    },
    start: async (about) => {
      if (actions.recall(about)) return;
      cells.stop();
      const wanted = requestsOf(about, get());
      const finished = await run.start((context) => traceAll(about, wanted, context));
      if (finished === undefined) return;
      const result = finished.view === "difference" ? finished.pair.after : finished.result;
      get().selectCell(get().cell ?? peakAtSubject(fromResult(result)));
      set({ shown: finished, about, request: wanted.at(-1), run: IDLE, detail: IDLE });
    },
  };
  return { stop: () => run.stop(), actions };
}
