/**
 * What the user can do that touches more than one store: open an example, trace, edit, switch an edit. Each intent
 * reads as the story of what happened.
 */
import type { EditCall, EditMethod, EditResult } from "../domain/edit";
import type { Cell } from "../lib/heatmap/heatmap";
import type { Lab } from "../workers/client";
import { EMPTY_FORM, layerSettings, toEditCall } from "./editStore";
import { promptOf, type Example, type Gallery, type StoredResult } from "./gallery";
import { keepChanges } from "./keptChanges";
import { fromLink, recollect, remember, toLink, type Remembered } from "./memory";
import { createLimits } from "./limits";
import { methodNamed } from "./methodStore";
import { createOfflineNews } from "./offlineNews";
import { createOpening } from "./opening";
import { createQuestion } from "./question";
import { readableRequests } from "./requestListStore";
import { enabledCount } from "./stackStore";
import { createStores } from "./stores";
import type { TraceView } from "./traceStore";
import { createWorkerNews } from "./workerNews";

export type Workspace = ReturnType<typeof createWorkspace>;

/** Up to this many parameters a trace takes a moment, so that choosing an example may start one. */
const TRACED_UNASKED = 2e7;

export function createWorkspace(lab: Lab) {
  const stores = createStores(lab);
  const { model, methods, prompt, ask, trace, edit, stack, statistics, notices, caution } = stores;
  const question = createQuestion(stores);
  const opening = createOpening(stores, question);

  // What a method's defaults are depends on the model.
  model.subscribe(({ model: now }, { model: before }) => {
    if (now !== undefined && now !== before) void methods.getState().refresh();
  });

  /** The model whose results are stored. */
  let galleryModel: string | undefined;

  const changeStack = async (change: () => Promise<unknown>): Promise<void> => {
    const before = stack.getState().stack?.weightHash;
    await change();
    if (stack.getState().stack?.weightHash !== before) await question.weightsChanged();
  };

  const afterEdit = async (result: EditResult | undefined): Promise<void> => {
    // Failed or stopped; a stop that came too late has left an edit on the weights all the same.
    if (result === undefined) return changeStack(() => stack.getState().refresh());
    keepChanges(localStorage, result);
    stack.getState().adopt(result.stack);
    await question.weightsChanged();
  };

  const limits = createLimits(stores, lab, { changeStack, afterEdit });

  /** The edit as the form stands; undefined while something is missing. Methods for long answers need no subject. */
  const presentCall = (): EditCall | undefined => {
    const { text, subject } = prompt.getState();
    const { form } = edit.getState();
    const method = methodNamed(methods.getState().methods, form.method);
    if (subject === undefined && (method?.longTargets !== true || text.trim() === "")) return undefined;
    return toEditCall(form, text, subject, method);
  };

  /** A method with the form's settings where they are its own, without requests. */
  const methodCall = (name: EditMethod): Omit<EditCall, "requests"> => {
    const { form } = edit.getState();
    const method = methodNamed(methods.getState().methods, name);
    const settings = name === form.method ? { ...layerSettings(form, method), ...form.settings } : {};
    return { method: name, settings, seed: form.seed };
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
    /** Superposition, sequences of edits, damage. */
    limits,

    /**
     * The first paint: what the address names, else what was here last, else a finished stored example; and the
     * embedded model on its way.
     */
    begin(gallery: Gallery | undefined, stored: StoredResult | undefined): void {
      stores.place.getState().follow(location.search);
      const link = fromLink(location.hash);
      const page = link ?? recollect(localStorage);
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
      galleryModel = gallery?.model;
      limits.hearGallery(gallery);
      if (stored !== undefined && example !== undefined) showStored(example, stored);
      keepRemembering();
      if (gallery === undefined) return;
      if (link?.model !== undefined && link.model !== gallery.model) {
        opening.offerLinked(link.model, gallery.model);
      }
      void opening.load(
        { kind: "embedded", name: gallery.model.replace(/^embedded:/u, "") },
        { isReturn: true },
      );
    },

    /** Fills everything in; shows what was computed before, else traces it where that takes a moment only. */
    async openExample(example: Example, computed?: Promise<StoredResult | undefined>): Promise<void> {
      fillFrom(example);
      edit.getState().clear();
      const asked = question.changed();
      const stored = await computed;
      if (prompt.getState().text !== promptOf(example).text) return;
      const isShown = stored !== undefined && showStored(example, stored);
      await asked;
      const { model: loaded } = model.getState();
      if (!isShown && loaded !== undefined && loaded.parameters <= TRACED_UNASKED) await question.trace();
    },

    load: opening.load,
    openFiles: opening.openFiles,
    computeWith: opening.computeWith,

    /** Stops what is under way: trace, edit, writing. */
    stopJobs(): void {
      const jobs = [
        trace.getState().run,
        edit.getState().run,
        ask.getState().continuation,
        statistics.getState().run,
        stores.average.getState().run,
        stores.duel.getState().run,
        stores.sweep.getState().run,
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
      await question.changed();
    },
    async chooseSubject(choose: () => void): Promise<void> {
      const before = prompt.getState().subject;
      choose();
      const after = prompt.getState().subject;
      if (before?.start !== after?.start || before?.end !== after?.end) await question.changed();
    },

    askNext: question.askNext,
    continueText: question.continueText,
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

    /** A cell of the heatmap becomes the place of the edit, and the new answer is asked for. */
    editHere(cell: Cell): void {
      trace.getState().selectCell(cell);
      edit.getState().editAtLayer(cell.layer);
    },

    /** Runs the edit; a stored result makes way for a live one. `anyway`: although it comes near the memory's limit. */
    async edit(anyway = false): Promise<void> {
      const call = presentCall();
      if (call === undefined) return;
      const { allows, clear } = caution.getState();
      if (!anyway && !(await allows({ kind: "edit", call }))) return;
      clear("edit");
      await afterEdit(await edit.getState().start(call));
    },
    /** Writes every request of the list that could be read, by the form's method. */
    async editList(anyway = false): Promise<void> {
      const requests = readableRequests(stores.requestList.getState().list);
      if (requests.length === 0) return;
      const call: EditCall = { ...methodCall(edit.getState().form.method), requests };
      const { allows, clear } = caution.getState();
      if (!anyway && !(await allows({ kind: "edit", call }))) return;
      clear("edit");
      await afterEdit(await edit.getState().start(call));
    },
    /** The list's requests by every chosen method, on the untouched base. */
    async duel(): Promise<void> {
      const { chosen, start } = stores.duel.getState();
      const requests = readableRequests(stores.requestList.getState().list);
      const entries = chosen.map((method) => ({ method, settings: methodCall(method).settings }));
      await start({ entries, requests, seed: edit.getState().form.seed });
    },
    /** The question of the first workspace as one more row of the list. */
    async addToList(): Promise<void> {
      await stores.requestList.getState().add(presentCall()?.requests ?? []);
    },
    /** The present edit at every layer; the heatmap makes way for its curves. */
    async sweep(): Promise<void> {
      const call = presentCall();
      if (call !== undefined) await stores.sweep.getState().start(call);
    },
    /** Asks how the long answer in the form would be cut. */
    async lookAtTarget(): Promise<void> {
      const call = presentCall();
      const [request] = call?.requests ?? [];
      if (call === undefined || request === undefined || request.targetNew === "") {
        return stores.longTarget.getState().clear();
      }
      const { method, settings } = call;
      // The page knows the user's own borders itself; the lab is asked for its tokens and its own cut.
      const { cuts: _own, ...uncut } = request;
      await stores.longTarget.getState().look({ method, settings, request: uncut });
    },
    /** What each method would take for the present request. */
    async estimateMethods(signal: AbortSignal): Promise<void> {
      const { text, subject } = prompt.getState();
      const { form } = edit.getState();
      if (subject === undefined || form.targetNew.trim() === "") return;
      const calls = methods.getState().methods.map((method) => {
        const settings = method.name === form.method ? form.settings : {};
        return toEditCall({ ...form, method: method.name, settings }, text, subject, method);
      });
      await methods.getState().estimate(calls, signal);
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

    /** News of the page itself: a new version is there. */
    hearOffline: createOfflineNews(notices),

    /** News from the worker's side. */
    hear: createWorkerNews(stores, {
      changeStack,
      bringBackChanges: opening.bringBackChanges,
      askNext: question.askNext,
    }),
  };

  /** Only results of the model that is here or on its way, without edits, and where nothing live is shown already. */
  function showStored(example: Example, stored: StoredResult): boolean {
    const { model: loaded } = model.getState();
    const isOfThisModel = loaded === undefined || loaded.ref === galleryModel;
    if (stored.example !== example.id || !isOfThisModel) return false;
    if (enabledCount(stack.getState().stack) > 0 || trace.getState().shown !== undefined) return false;
    trace.getState().showStored({ view: "state", result: stored.trace, stored: true });
    edit.getState().showStored(stored.edit);
    return true;
  }

  function fillFrom(example: Example): void {
    const { text, subject } = promptOf(example);
    prompt.getState().setPrompt(text, subject);
    const { target: targetNew, answer: targetTrue, paraphrases, neighbours } = example;
    const { method } = edit.getState().form;
    edit.getState().setForm({ ...EMPTY_FORM, method, targetNew, targetTrue, paraphrases, neighbours });
  }
}
