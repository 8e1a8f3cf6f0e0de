/** The question in force: what prompt, subject, model and weights ask together, and the answers that belong to it. */
import type { Stores } from "./stores";
import { enabledCount } from "./stackStore";
import { toRequest } from "./traceRequests";
import type { TraceSubject } from "./traceStore";

/** How an answer's text is scored: in running text a space stands before it. */
const asNextWord = (answer: string): string => (/^\s/u.test(answer) ? answer : ` ${answer}`);

export type Question = ReturnType<typeof createQuestion>;

export function createQuestion({ model, prompt, ask, trace, edit, stack, caution, sweep }: Stores) {
  const hasEdits = (): boolean => enabledCount(stack.getState().stack) > 0;

  /** What the present trace view is about, or undefined while prompt, subject or model are missing. */
  const about = (): TraceSubject | undefined => {
    const { text, subject } = prompt.getState();
    const loaded = model.getState().model;
    if (loaded === undefined || subject === undefined || text.trim() === "") return undefined;
    const { stack: edits } = stack.getState();
    const weights = {
      weightHash: edits?.weightHash ?? loaded.hash,
      weightsLine: edits?.line ?? "base model",
    };
    const { view, differenceAnswer } = trace.getState();
    if (view !== "difference") return { prompt: text, subject, ...weights };
    const { targetNew, targetTrue } = edit.getState().form;
    const answer = differenceAnswer === "new" ? targetNew : targetTrue;
    return { prompt: text, subject, ...weights, ...(answer === "" ? {} : { answer: asNextWord(answer) }) };
  };

  const askNext = async (): Promise<void> => {
    const { text } = prompt.getState();
    if (model.getState().model === undefined || text.trim() === "") return;
    const words = await ask.getState().askNext(text, hasEdits());
    const best = (words?.before ?? words?.now)?.[0]?.text;
    const { form, run } = edit.getState();
    if (best !== undefined && form.targetTrue === "" && run.status !== "running") {
      edit.getState().setForm({ targetTrue: best.trim() });
    }
  };

  const continueText = (): Promise<void> => ask.getState().continueText(prompt.getState().text, hasEdits());

  return {
    about,
    askNext,
    continueText,

    /** Traces what is asked; `anyway`: although it comes near the device's memory. */
    async trace(anyway = false): Promise<void> {
      const subject = about();
      const { view, settings, recall } = trace.getState();
      if (subject === undefined || recall(subject)) return;
      const { allows, clear } = caution.getState();
      const request = toRequest(subject, view, settings, "edited");
      if (!anyway && !(await allows({ kind: "trace", request }))) return;
      clear("trace");
      // The question may have changed while the lab looked.
      const still = about();
      if (still !== undefined) await trace.getState().start(still);
      void model.getState().measure();
    },

    /** The prompt, subject or model changed: what was asked and traced no longer belongs to it. */
    async changed(): Promise<void> {
      for (const job of ["trace", "edit"] as const) caution.getState().clear(job);
      sweep.getState().clear();
      const subject = about();
      if (subject === undefined || !trace.getState().recall(subject)) trace.getState().clear();
      if (model.getState().model === undefined) return;
      await prompt.getState().tokenize();
      await askNext();
    },

    /** The weights in use changed: the same question, other answers. */
    async weightsChanged(): Promise<void> {
      void model.getState().measure();
      const { view } = trace.getState();
      if (view === "difference" && !hasEdits()) trace.getState().setView("state");
      const wrote = ask.getState().continuation.status === "done";
      await askNext();
      if (wrote) await continueText();
    },
  };
}
