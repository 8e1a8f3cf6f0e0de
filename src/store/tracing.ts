/** Intents of the heatmap: tracing the question, another view of it, another answer to follow. */
import type { Question } from "./question";
import type { Stores } from "./stores";
import type { TraceView } from "./traceStore";

export function createTracing({ trace }: Pick<Stores, "trace">, question: Question) {
  return {
    trace: () => question.trace(),
    traceAnyway: () => question.trace(true),

    /** Goes to another view; computes it at once when this prompt has already been traced. */
    async changeView(view: TraceView): Promise<void> {
      const { shown } = trace.getState();
      trace.getState().setView(view);
      const subject = question.about();
      if (subject === undefined || trace.getState().recall(subject)) return;
      if (shown !== undefined && !shown.stored) await question.trace();
    },

    /** Follows the old or the new answer in the difference. */
    async followAnswer(which: "old" | "new"): Promise<void> {
      trace.getState().setDifferenceAnswer(which);
      await question.trace();
    },
  };
}
