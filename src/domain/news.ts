/** What the lab tells unasked: what became of the edits in this browser's storage. */
import type { ErrorReport } from "./errors";

export type LabNews =
  /** The journal gave back this many edits. */
  | { kind: "restored"; edits: number }
  /** This many edits made in another tab were put on the stack, switched off. */
  | { kind: "joined"; edits: number }
  /** Storage refused the stack of the model with this hash; `bytes` is the stack as an edit file. */
  | { kind: "unkept"; modelHash: string; error: ErrorReport; bytes: Uint8Array<ArrayBuffer> }
  /** Storage took the stack again, after it had refused it. */
  | { kind: "kept"; modelHash: string };
