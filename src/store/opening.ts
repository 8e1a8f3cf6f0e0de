/** Opening a model, and what of the page belongs to it: the stack, the question, the changes of the last visit. */
import type { Backend, ModelSource, Precision } from "../domain/model";
import { recallChanges } from "./keptChanges";
import { memoryVerdict } from "./memoryVerdict";
import { modelName, sourceOf } from "./modelRef";
import type { Question } from "./question";
import type { Stores } from "./stores";

export type Opening = ReturnType<typeof createOpening>;

/** `isReturn`: the page's question stays as it is, because the same model, or the first, comes. */
export type LoadOptions = { precision?: Precision | undefined; isReturn?: boolean };

export function createOpening(stores: Stores, question: Question) {
  const { model, prompt, ask, trace, edit, stack, statistics, notices, picker, sheet } = stores;
  let last: { source: ModelSource; precision: Precision | undefined } | undefined;

  /** What the last edit changed comes back with the stack that holds it. */
  const bringBackChanges = (): void => {
    const { stack: edits } = stack.getState();
    const { result, isStored, run } = edit.getState();
    if (edits === undefined || edits.edits.length === 0 || run.status === "running") return;
    if (result !== undefined && !isStored) return;
    const kept = recallChanges(localStorage, edits);
    if (kept !== undefined) edit.getState().bringBack(kept);
  };

  /** @returns whether the model is there; when not, the one before it is loaded again. */
  const load = async (source: ModelSource, options: LoadOptions = {}): Promise<boolean> => {
    const { precision, isReturn = false } = options;
    const previous = last;
    statistics.getState().clear();
    // Another model's stack must not stand beside this one's name, not even until the lab has answered.
    stack.getState().forget();
    const loaded = await model.getState().load(source, precision);
    if (loaded === undefined) {
      const { loading } = model.getState();
      // The same model does not come back by loading it once more.
      if (previous === undefined || (previous.source === source && previous.precision === precision))
        return false;
      if (loading.status === "failed") {
        notices
          .getState()
          .tell("bad", loading.error.message, `${loading.error.remedy} The model before is back.`);
      }
      await load(previous.source, { precision: previous.precision, isReturn: true });
      return false;
    }
    last = { source, precision };
    for (const notice of loaded.notices) notices.getState().tell("info", notice);
    await stack.getState().refresh();
    if (isReturn) {
      bringBackChanges();
      await prompt.getState().tokenize();
      await question.askNext();
    } else {
      edit.getState().clear();
      edit.getState().forgetPlaces();
      trace.getState().clear();
      ask.getState().clear();
      bringBackChanges();
      await question.changed();
    }
    await model.getState().checkEngine();
    return true;
  };

  /** Goes on with the same model on another engine; back to the one that suits when that one does not start. */
  const computeWith = async (backend: Backend | undefined): Promise<void> => {
    model.getState().chooseBackend(backend);
    if (last === undefined) return;
    const isLoaded = await load(last.source, { precision: last.precision, isReturn: true });
    if (isLoaded || backend === undefined) return;
    const { loading } = model.getState();
    if (loading.status === "failed")
      notices.getState().tell("bad", loading.error.message, loading.error.remedy);
    await computeWith(undefined);
  };

  /**
   * Files of this machine are looked at first. What fits is loaded at once; what is no model, does not run here or
   * may not fit is shown in the picker, and the model before goes on answering.
   */
  const openFiles = async (
    files: readonly File[],
    folder = files[0]?.webkitRelativePath.split("/").at(-2),
  ): Promise<boolean> => {
    const source: ModelSource = { kind: "files", files, ...(folder && { folder }) };
    const found = await picker.getState().inspect(source);
    const fits = found?.memory !== undefined && memoryVerdict(found.memory, undefined).fit === "yes";
    if (fits) {
      picker.getState().forget();
      return load(source);
    }
    if (picker.getState().inspected === source) sheet.getState().open("models");
    return false;
  };

  /** A link names another model than the one on its way: say so, and let the user decide what is fetched. */
  const offerLinked = (ref: string, present: string): void => {
    const title = `This link was made with ${modelName(ref)}.`;
    const source = sourceOf(ref);
    const here = `Here the same question is put to ${modelName(present)}.`;
    if (source?.kind === "embedded") {
      const run = (): void => void load(source);
      return notices.getState().tell("info", title, here, { label: "Load it", run });
    }
    const lookAt = (): void => {
      sheet.getState().open("models");
      if (source?.kind !== "hub") return;
      const { repository, revision } = source;
      picker.getState().setHubText(revision === "main" ? repository : `${repository}@${revision}`);
      void picker.getState().inspectTyped();
    };
    if (source?.kind === "hub") {
      const action = { label: "Look at it", run: lookAt };
      return notices.getState().tell("info", title, `It is on the hub. ${here}`, action);
    }
    const action = { label: "Choose a model", run: lookAt };
    notices.getState().tell("info", title, `It was opened as a file. ${here}`, action);
  };

  return { load, openFiles, computeWith, offerLinked, bringBackChanges };
}
