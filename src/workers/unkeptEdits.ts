/**
 * Stacks that the browser's storage refused, by model: the page holds them, so that a worker's death does not take
 * them along. A closed page does, of which the user has been told.
 */
import type { LabApi } from "../domain/labApi";
import type { ClientOf } from "./connect";
import type { LabNotice } from "./messages";

export type UnkeptEdits = {
  hear(notice: LabNotice): void;
  /** Gives a new worker the edits that were on this model; true when storage took them at last. */
  putBack(modelHash: string, lab: Pick<ClientOf<LabApi>, "openEdits">): Promise<boolean>;
};

export function createUnkeptEdits(): UnkeptEdits {
  const stacks = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    hear(notice) {
      if (notice.kind === "unkept") stacks.set(notice.modelHash, notice.bytes);
      if (notice.kind === "kept") stacks.delete(notice.modelHash);
    },
    async putBack(modelHash, lab) {
      const bytes = stacks.get(modelHash);
      if (bytes === undefined) return false;
      stacks.delete(modelHash); // storage that still refuses brings them back before the call returns
      try {
        await lab.openEdits({ bytes, fileName: "Your edits", acceptOtherRevision: false });
      } catch (error) {
        stacks.set(modelHash, bytes);
        throw error;
      }
      return !stacks.has(modelHash);
    },
  };
}
