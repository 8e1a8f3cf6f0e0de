/** Intents around editing: one edit, a list of them, the same by several methods or at every layer, files of edits. */
import type { EditCall, EditResult } from "../domain/edit";
import type { Cell } from "../lib/heatmap/heatmap";
import { keepChanges } from "./keptChanges";
import type { PresentEdit } from "./presentEdit";
import type { Question } from "./question";
import { readableRequests } from "./requestListStore";
import type { Stores } from "./stores";

export type Editing = ReturnType<typeof createEditing>;

export function createEditing(stores: Stores, question: Question, present: PresentEdit) {
  const { edit, stack, trace, caution, requestList } = stores;

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

  /** `anyway`: although it comes near the memory's limit. */
  const write = async (call: EditCall, anyway: boolean): Promise<void> => {
    const { allows, clear } = caution.getState();
    if (!anyway && !(await allows({ kind: "edit", call }))) return;
    clear("edit");
    await afterEdit(await edit.getState().start(call));
  };

  return {
    changeStack,
    afterEdit,

    /** A cell of the heatmap becomes the place of the edit, and the new answer is asked for. */
    editHere(cell: Cell): void {
      trace.getState().selectCell(cell);
      edit.getState().editAtLayer(cell.layer);
    },

    /** Runs the edit; a stored result makes way for a live one. */
    async edit(anyway = false): Promise<void> {
      const call = present.presentCall();
      if (call !== undefined) await write(call, anyway);
    },
    /** Writes every request of the list that could be read, by the form's method. */
    async editList(anyway = false): Promise<void> {
      const requests = readableRequests(requestList.getState().list);
      if (requests.length === 0) return;
      await write({ ...present.methodCall(edit.getState().form.method), requests }, anyway);
    },
    async recompute(id: string): Promise<void> {
      await afterEdit(await edit.getState().recompute(id));
    },

    /** The list's requests by every chosen method, on the untouched base. */
    async duel(): Promise<void> {
      const { chosen, start } = stores.duel.getState();
      const requests = readableRequests(requestList.getState().list);
      const entries = chosen.map((method) => ({ method, settings: present.methodCall(method).settings }));
      await start({ entries, requests, seed: edit.getState().form.seed });
    },
    /** The question of the first workspace as one more row of the list. */
    async addToList(): Promise<void> {
      await requestList.getState().add(present.presentCall()?.requests ?? []);
    },
    /** The present edit at every layer; the heatmap makes way for its curves. */
    async sweep(): Promise<void> {
      const call = present.presentCall();
      if (call !== undefined) await stores.sweep.getState().start(call);
    },
    /** Asks how the long answer in the form would be cut. */
    async lookAtTarget(): Promise<void> {
      const call = present.presentCall();
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
      const calls = present.everyMethodsCall();
      if (calls.length > 0) await stores.methods.getState().estimate(calls, signal);
    },

    openEdits: (file: File) => changeStack(() => stack.getState().open(file, false)),
    /** The user insists on a file made on another revision of this model. */
    async openRefused(): Promise<void> {
      const { refusedFile } = stack.getState();
      if (refusedFile !== undefined) await changeStack(() => stack.getState().open(refusedFile, true));
    },
  };
}
