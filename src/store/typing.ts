/** Intents of the prompt: typing in it, resting, choosing its subject. */
import type { Question } from "./question";
import type { Stores } from "./stores";

export function createTyping({ prompt, edit }: Pick<Stores, "prompt" | "edit">, question: Question) {
  return {
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
  };
}
