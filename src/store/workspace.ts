/**
 * The page's intents, gathered: what the user can do that touches more than one store. Each intent reads as the story
 * of what happened; those around one matter are files of their own (question, opening, editing, examples, limits).
 */
import type { Lab } from "../workers/client";
import { createEditing } from "./editing";
import { createExamples } from "./examples";
import { promptOf, type Gallery, type StoredResult } from "./gallery";
import { createLimits } from "./limits";
import { fromLink, recollect, remember, toLink, type Remembered } from "./memory";
import { createOfflineNews } from "./offlineNews";
import { createOpening } from "./opening";
import { createPresentEdit } from "./presentEdit";
import { createQuestion } from "./question";
import { createStores, type Stores } from "./stores";
import { createTracing } from "./tracing";
import { createTyping } from "./typing";
import { createWorkerNews } from "./workerNews";

export type Workspace = ReturnType<typeof createWorkspace>;

export function createWorkspace(lab: Lab) {
  const stores = createStores(lab);
  const { model, methods, notices } = stores;
  const question = createQuestion(stores);
  const opening = createOpening(stores, question);
  const present = createPresentEdit(stores);
  const editing = createEditing(stores, question, present);
  const { fillFrom, showStored, hearGallery, openExample } = createExamples(stores, question);
  const limits = createLimits(stores, lab, { ...editing, previewCall: present.previewCall });

  // What a method's defaults are depends on the model.
  model.subscribe(({ model: now }, { model: before }) => {
    if (now !== undefined && now !== before) void methods.getState().refresh();
  });

  return {
    stores,
    /** Superposition, sequences of edits, damage. */
    limits,
    ...editing,
    ...createTyping(stores, question),
    ...createTracing(stores, question),
    openExample,
    load: opening.load,
    openFiles: opening.openFiles,
    computeWith: opening.computeWith,
    askNext: question.askNext,
    continueText: question.continueText,
    stopJobs: () => stopJobs(stores),

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
      if (page !== undefined) restore(stores, page);
      hearGallery(gallery);
      limits.hearGallery(gallery);
      if (stored !== undefined && example !== undefined) showStored(example, stored);
      keepRemembering(stores);
      if (gallery === undefined) return;
      if (link?.model !== undefined && link.model !== gallery.model) {
        opening.offerLinked(link.model, gallery.model);
      }
      const name = gallery.model.replace(/^embedded:/u, "");
      void opening.load({ kind: "embedded", name }, { isReturn: true });
    },

    /** Puts a link to this question into the clipboard and the address. */
    async copyLink(): Promise<void> {
      const link = toLink({ ...presentPage(stores), model: model.getState().model?.ref });
      history.replaceState(null, "", link);
      const isCopied = await navigator.clipboard.writeText(location.href).then(
        () => true,
        () => false,
      );
      notices.getState().tell("good", isCopied ? "Link copied." : "The link is in the address bar.");
    },

    /** News of the page itself: a new version is there. */
    hearOffline: createOfflineNews(notices),

    /** News from the worker's side. */
    hear: createWorkerNews(stores, {
      changeStack: editing.changeStack,
      bringBackChanges: opening.bringBackChanges,
      askNext: question.askNext,
    }),
  };
}

/** What a link and the next visit bring back. */
function presentPage({ prompt, edit }: Stores): Remembered {
  const { text, subject } = prompt.getState();
  const { targetNew, seed } = edit.getState().form;
  return { prompt: text, subject, target: targetNew, seed };
}

function keepRemembering(stores: Stores): void {
  const save = (): void => remember(localStorage, presentPage(stores));
  stores.prompt.subscribe(save);
  stores.edit.subscribe(save);
}

function restore({ prompt, edit }: Stores, page: Remembered): void {
  prompt.getState().setPrompt(page.prompt, page.subject);
  const target = page.target === "" ? {} : { targetNew: page.target };
  edit.getState().setForm({ ...target, seed: page.seed });
}

/** Stops what is under way: trace, edit, writing. */
function stopJobs({ trace, edit, ask, statistics, average, duel, sweep }: Stores): void {
  const jobs = [
    trace.getState().run,
    edit.getState().run,
    ask.getState().continuation,
    statistics.getState().run,
    average.getState().run,
    duel.getState().run,
    sweep.getState().run,
  ];
  for (const run of jobs) {
    if (run.status === "running") run.stop();
  }
}
