/** What travels between the page and the lab's worker. Plain data only; both sides import these types. */
import type { ErrorReport } from "../domain/errors";
import type { LabNews } from "../domain/news";
import type { Progress } from "../domain/progress";
import type { WatchedStep } from "../domain/watch";

export type CallMessage = { kind: "call"; id: number; method: string; request: unknown };
export type AbortMessage = { kind: "abort"; id: number };
export type ToWorker = CallMessage | AbortMessage;

export type ProgressMessage = { kind: "progress"; id: number; progress: Progress; partial?: unknown };
export type DoneMessage = { kind: "done"; id: number; result: unknown };
export type FailedMessage = { kind: "failed"; id: number; error: ErrorReport };
/** Unasked news: the device died, the stack was restored. */
export type NoticeMessage = { kind: "notice"; notice: LabNotice };
export type FromWorker = ProgressMessage | DoneMessage | FailedMessage | NoticeMessage;

export type LabNotice =
  | LabNews
  /** The worker lives for as long as it holds the lock of this name (lifeline.ts). */
  | { kind: "alive"; lifeline: string }
  | { kind: "ready" }
  /** A step begins that may never end, or (without it) the last one has ended. */
  | { kind: "watch"; step: WatchedStep | undefined }
  | { kind: "fault"; error: ErrorReport };

/** The part of Worker, MessagePort or DedicatedWorkerGlobalScope that the transport needs. */
export type Endpoint = {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
};
