/**
 * What the last edit changed, kept for the next visit beside the stack that the lab itself keeps. It comes back only
 * with the very edit it describes. Everything read back is checked: storage can hold anything.
 */
import type { EditResult, EditSummary, StackState } from "../domain/edit";
import { isEditResult } from "./storedResults";

const KEY = "palimpsest.changes.1";

type Kept = { edit: string; result: EditResult };

/** An edit by when and on which model it was made; its id is given anew when the stack is read back. */
const identityOf = ({ base, created, method }: EditSummary): string =>
  [base.modelHash, created, method].join(" ");

/** Storage may be full or forbidden; the page works without. */
export function keepChanges(storage: Pick<Storage, "setItem">, result: EditResult): void {
  const edit = result.stack.edits.find(({ id }) => id === result.editId);
  if (edit === undefined) return;
  const { intermediates: _large, ...small } = result;
  const kept: Kept = { edit: identityOf(edit), result: small };
  try {
    storage.setItem(KEY, JSON.stringify(kept));
  } catch {
    return;
  }
}

/** What an edit of this stack changed; undefined when that edit is no longer in it. */
export function recallChanges(storage: Pick<Storage, "getItem">, stack: StackState): EditResult | undefined {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? "null") as Partial<Kept> | null;
    const edit = stack.edits.find((one) => identityOf(one) === kept?.edit);
    if (edit === undefined || !isEditResult(kept?.result)) return undefined;
    return { ...kept.result, editId: edit.id };
  } catch {
    return undefined;
  }
}
