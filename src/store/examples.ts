/** The gallery's examples on the page: filled in, and with what was computed for them before. */
import { EMPTY_FORM } from "./editStore";
import { promptOf, type Example, type Gallery, type StoredResult } from "./gallery";
import type { Question } from "./question";
import { enabledCount } from "./stackStore";
import type { Stores } from "./stores";

/** Up to this many parameters a trace takes a moment, so that choosing an example may start one. */
const TRACED_UNASKED = 2e7;

export function createExamples({ model, prompt, edit, stack, trace }: Stores, question: Question) {
  /** The model whose results are stored. */
  let galleryModel: string | undefined;

  const fillFrom = (example: Example): void => {
    const { text, subject } = promptOf(example);
    prompt.getState().setPrompt(text, subject);
    const { target: targetNew, answer: targetTrue, paraphrases, neighbours } = example;
    const { method } = edit.getState().form;
    edit.getState().setForm({ ...EMPTY_FORM, method, targetNew, targetTrue, paraphrases, neighbours });
  };

  /** Only results of the model that is here or on its way, without edits, and where nothing live is shown already. */
  const showStored = (example: Example, stored: StoredResult): boolean => {
    const { model: loaded } = model.getState();
    const isOfThisModel = loaded === undefined || loaded.ref === galleryModel;
    if (stored.example !== example.id || !isOfThisModel) return false;
    if (enabledCount(stack.getState().stack) > 0 || trace.getState().shown !== undefined) return false;
    trace.getState().showStored({ view: "state", result: stored.trace, stored: true });
    edit.getState().showStored(stored.edit);
    return true;
  };

  return {
    fillFrom,
    showStored,
    hearGallery: (gallery: Gallery | undefined): void => void (galleryModel = gallery?.model),

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
  };
}
