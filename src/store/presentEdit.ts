/** The edit as the page stands: prompt and subject with the form, as a call of the lab. */
import type { EditCall, EditMethod } from "../domain/edit";
import { layerSettings, toEditCall } from "./editStore";
import { methodNamed } from "./methodStore";
import type { Stores } from "./stores";

export type PresentEdit = ReturnType<typeof createPresentEdit>;

export function createPresentEdit({ prompt, edit, methods }: Pick<Stores, "prompt" | "edit" | "methods">) {
  const methodOf = (name: EditMethod) => methodNamed(methods.getState().methods, name);

  /** Undefined while something is missing. Methods for long answers need no subject. */
  const presentCall = (): EditCall | undefined => {
    const { text, subject } = prompt.getState();
    const { form } = edit.getState();
    const method = methodOf(form.method);
    if (subject === undefined && (method?.longTargets !== true || text.trim() === "")) return undefined;
    return toEditCall(form, text, subject, method);
  };

  return {
    presentCall,

    /** What can be said of the edit before its answer is given; a long answer is all there is to say, so it is needed. */
    previewCall(): EditCall | undefined {
      const { form } = edit.getState();
      if (methodOf(form.method)?.longTargets === true && form.targetNew.trim() === "") return undefined;
      const call = presentCall();
      // The shares of a short answer do not depend on what is written, but a request without one is refused.
      const answered = call?.requests.map((one) => ({ ...one, targetNew: one.targetNew || one.targetTrue || "?" })); // prettier-ignore
      return call && { ...call, requests: answered! };
    },

    /** A method with the form's settings where they are its own, without requests. */
    methodCall(name: EditMethod): Omit<EditCall, "requests"> {
      const { form } = edit.getState();
      const settings =
        name === form.method ? { ...layerSettings(form, methodOf(name)), ...form.settings } : {};
      return { method: name, settings, seed: form.seed };
    },

    /** The present request by every method; none while it says nothing. */
    everyMethodsCall(): EditCall[] {
      const { text, subject } = prompt.getState();
      const { form } = edit.getState();
      if (subject === undefined || form.targetNew.trim() === "") return [];
      return methods.getState().methods.map((method) => {
        const settings = method.name === form.method ? form.settings : {};
        return toEditCall({ ...form, method: method.name, settings }, text, subject, method);
      });
    },
  };
}
