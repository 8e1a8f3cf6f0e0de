/**
 * The stores of the page together, and the intents that touch more than one of them: open an example, trace,
 * edit, switch an edit. Each intent reads as the story of what the user did.
 */
import type { EditResult } from "../domain/edit";
import type { ModelSource } from "../domain/model";
import type { ClientNotice, Lab } from "../workers/client";
import { createAskStore } from "./askStore";
import { createEditStore, EMPTY_FORM } from "./editStore";
import { promptOf, type Example, type Gallery, type StoredResult } from "./gallery";
import type { Cell } from "../lib/heatmap/heatmap";
import { createModelStore } from "./modelStore";
import { createNoticeStore } from "./noticeStore";
import { fromLink, recollect, remember, toLink, type Remembered } from "./memory";
import { createPromptStore } from "./promptStore";
import { createStackStore, enabledCount } from "./stackStore";
import { createStatisticsStore } from "./statisticsStore";
import { createTraceStore, type TraceSubject, type TraceView } from "./traceStore";

export type Stores = ReturnType<typeof createStores>;
export type Workspace = ReturnType<typeof createWorkspace>;

function createStores(lab: Lab) {
  return {
    model: createModelStore(lab),
    prompt: createPromptStore(lab),
    ask: createAskStore(lab),
    trace: createTraceStore(lab),
    edit: createEditStore(lab),
    stack: createStackStore(lab),
    statistics: createStatisticsStore(lab),
    notices: createNoticeStore(),
  };
}

/** How an answer's text is scored: in running text a space stands before it. */
const asNextWord = (answer: string): string => (/^\s/u.test(answer) ? answer : ` ${answer}`);

/** Up to this many parameters a trace takes a moment, so that choosing an example may start one. */
const TRACED_UNASKED = 2e7;

export function createWorkspace(lab: Lab) {
  const stores = createStores(lab);
  const { model, prompt, ask, trace, edit, stack, statistics, notices } = stores;
  let lastSource: ModelSource | undefined;
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

  const startTrace = async (): Promise<void> => {
    const subject = about();
    if (subject !== undefined) await trace.getState().start(subject);
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

  /** The prompt, subject or model changed: what was asked and traced no longer belongs to it. */
  const questionChanged = async (): Promise<void> => {
    const subject = about();
    if (subject === undefined || !trace.getState().recall(subject)) trace.getState().clear();
    if (model.getState().model === undefined) return;
    await prompt.getState().tokenize();
    await askNext();
  };

  /** The weights in use changed: the same question, other answers. */
  const weightsChanged = async (): Promise<void> => {
    void model.getState().measure();
    const { view } = trace.getState();
    if (view === "difference" && !hasEdits()) trace.getState().setView("state");
    const wrote = ask.getState().continuation.status === "done";
    await askNext();
    if (wrote) await ask.getState().continueText(prompt.getState().text, hasEdits());
  };

  const changeStack = async (change: () => Promise<unknown>): Promise<void> => {
    const before = stack.getState().stack?.weightHash;
    await change();
    if (stack.getState().stack?.weightHash !== before) await weightsChanged();
  };

  const afterEdit = async (result: EditResult | undefined): Promise<void> => {
    if (result === undefined) return;
    stack.getState().adopt(result.stack);
    await weightsChanged();
  };

  /** @returns whether the model is there; when not, the one before it is loaded again. */
  const load = async (source: ModelSource, isFirst = false): Promise<boolean> => {
    const previous = lastSource;
    statistics.getState().clear();
    const loaded = await model.getState().load(source);
    if (loaded === undefined) {
      const { loading } = model.getState();
      if (loading.status === "failed" && previous !== undefined) {
        notices
          .getState()
          .tell("bad", loading.error.message, `${loading.error.remedy} The model before is back.`);
      }
      if (previous !== undefined) await load(previous, true);
      return false;
    }
    lastSource = source;
    for (const notice of loaded.notices) notices.getState().tell("info", notice);
    await stack.getState().refresh();
    if (isFirst) {
      await prompt.getState().tokenize();
      await askNext();
    } else {
      edit.getState().clear();
      edit.getState().setForm({ layer: undefined });
      trace.getState().clear();
      ask.getState().clear();
      await questionChanged();
    }
    return true;
  };

  const present = (): Remembered => {
    const { text, subject } = prompt.getState();
    const { targetNew, seed } = edit.getState().form;
    return { prompt: text, subject, target: targetNew, seed };
  };
  const keepRemembering = (): void => {
    const save = (): void => remember(localStorage, present());
    prompt.subscribe(save);
    edit.subscribe(save);
  };

  return {
    stores,

    /**
     * The first paint: what the address names, else what was here last, else a finished stored example; and the
     * embedded model on its way.
     */
    begin(gallery: Gallery | undefined, stored: StoredResult | undefined): void {
      const page = fromLink(location.hash) ?? recollect(localStorage);
      const examples = gallery?.examples ?? [];
      const wanted = page?.prompt;
      const example =
        examples.find((one) => promptOf(one).text === wanted) ?? (page ? undefined : examples[0]);
      if (example !== undefined) fillFrom(example);
      if (page !== undefined) {
        prompt.getState().setPrompt(page.prompt, page.subject);
        const target = page.target === "" ? {} : { targetNew: page.target };
        edit.getState().setForm({ ...target, seed: page.seed });
      }
      if (stored !== undefined && example?.id === stored.example) {
        trace.getState().showStored({ view: "state", result: stored.trace, stored: true });
        edit.getState().showStored(stored.edit);
      }
      keepRemembering();
      if (gallery !== undefined)
        void load({ kind: "embedded", name: gallery.model.replace(/^embedded:/u, "") }, true);
    },

    async openExample(example: Example): Promise<void> {
      fillFrom(example);
      edit.getState().clear();
      await questionChanged();
      const { model: loaded } = model.getState();
      if (loaded !== undefined && loaded.parameters <= TRACED_UNASKED) await startTrace();
    },

    load,

    /** Stops what is under way: trace, edit, writing. */
    stopJobs(): void {
      const jobs = [
        trace.getState().run,
        edit.getState().run,
        ask.getState().continuation,
        statistics.getState().run,
      ];
      for (const run of jobs) {
        if (run.status === "running") run.stop();
      }
    },

    /** Puts a link to this question into the clipboard and the address. */
    async copyLink(): Promise<void> {
      const link = toLink({ ...present(), model: model.getState().model?.ref });
      history.replaceState(null, "", link);
      const isCopied = await navigator.clipboard.writeText(location.href).then(
        () => true,
        () => false,
      );
      notices.getState().tell("good", isCopied ? "Link copied." : "The link is in the address bar.");
    },

    /** A key was pressed in the prompt; `settle` follows once the user rests. */
    type(text: string): void {
      prompt.getState().setText(text);
    },
    async settle(): Promise<void> {
      const { form, isStored, clear, setForm } = edit.getState();
      // Another question: an example's answers and probes no longer belong to it.
      const isExample = form.paraphrases.length > 0 || form.neighbours.length > 0;
      setForm({ targetTrue: "", paraphrases: [], neighbours: [], ...(isExample ? { targetNew: "" } : {}) });
      if (isStored) clear();
      await questionChanged();
    },
    async chooseSubject(choose: () => void): Promise<void> {
      const before = prompt.getState().subject;
      choose();
      const after = prompt.getState().subject;
      if (before?.start !== after?.start || before?.end !== after?.end) await questionChanged();
    },

    askNext,
    continueText: () => ask.getState().continueText(prompt.getState().text, hasEdits()),
    trace: startTrace,

    /** Goes to another view; computes it at once when this prompt has already been traced. */
    async changeView(view: TraceView): Promise<void> {
      const { shown } = trace.getState();
      trace.getState().setView(view);
      const subject = about();
      if (subject === undefined || trace.getState().recall(subject)) return;
      if (shown !== undefined && !shown.stored) await startTrace();
    },

    /** Follows the old or the new answer in the difference. */
    async followAnswer(which: "old" | "new"): Promise<void> {
      trace.getState().setDifferenceAnswer(which);
      await startTrace();
    },

    /** A cell of the heatmap becomes the place of the edit, and the new answer is asked for. */
    editHere(cell: Cell): void {
      trace.getState().selectCell(cell);
      edit.getState().editAtLayer(cell.layer);
    },

    /** Runs the edit; a stored result makes way for a live one. */
    async edit(): Promise<void> {
      const { text, subject } = prompt.getState();
      if (subject === undefined) return;
      await afterEdit(await edit.getState().start(text, subject));
    },
    async recompute(id: string): Promise<void> {
      await afterEdit(await edit.getState().recompute(id));
    },

    changeStack,
    openEdits: (file: File) => changeStack(() => stack.getState().open(file, false)),
    /** The user insists on a file made on another revision of this model. */
    async openRefused(): Promise<void> {
      const { refusedFile } = stack.getState();
      if (refusedFile !== undefined) await changeStack(() => stack.getState().open(refusedFile, true));
    },

    /** News from the worker's side. */
    async hear(notice: ClientNotice): Promise<void> {
      const { tell } = notices.getState();
      if (notice.kind === "restored" && notice.edits > 0) {
        const edits = notice.edits === 1 ? "1 edit" : `${notice.edits} edits`;
        tell("good", `Restored ${edits}`, "from your last visit. Switch them off in the list of edits.");
        await changeStack(() => stack.getState().refresh());
      }
      if (notice.kind === "fault") tell("bad", notice.error.message, notice.error.remedy);
      if (notice.kind === "restarting") tell("bad", "The engine is starting again", notice.error.message);
      if (notice.kind === "restarted") {
        tell("good", "The engine is starting again", "Done. The model is loaded and your edits are back.");
        model.getState().replaced(notice.model);
        if (notice.model !== undefined) await changeStack(() => stack.getState().refresh());
      }
    },
  };

  function fillFrom(example: Example): void {
    const { text, subject } = promptOf(example);
    prompt.getState().setPrompt(text, subject);
    const { target: targetNew, answer: targetTrue, paraphrases, neighbours } = example;
    edit.getState().setForm({ ...EMPTY_FORM, targetNew, targetTrue, paraphrases, neighbours });
  }
}
