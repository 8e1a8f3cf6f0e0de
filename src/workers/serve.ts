/**
 * The worker's side of the transport: runs a method of an API for every call, one at a time, because the
 * tensor engine's tape and scopes are global. Aborts are read between a job's steps.
 */
import { AppError, toErrorReport } from "../lib/errors";
import { createQueue } from "../lib/queue";
import type { CallContext, Progress } from "../domain/progress";
import type { AbortMessage, CallMessage, Endpoint, FromWorker, ToWorker } from "./messages";
import { transferables } from "./transferables";

type AnyHandler = (request: never, context: CallContext<never>) => Promise<unknown>;
export type Served = Record<string, AnyHandler>;

/** Least time between two progress messages without partial results, in milliseconds. */
const PROGRESS_INTERVAL = 80;

/** Answers calls on `endpoint` until the returned function is called. */
export function serve(api: Served, endpoint: Endpoint): () => void {
  const running = new Map<number, AbortController>();
  const queue = createQueue();
  const send = (message: FromWorker, transfer: Transferable[] = []) =>
    endpoint.postMessage(message, transfer);

  const onCall = async ({ id, method, request }: CallMessage): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = Object.hasOwn(api, method) ? api[method] : undefined;
      if (handler === undefined) throw new AppError("internal", `The lab has no operation “${method}”.`);
      const context = { signal: controller.signal, onProgress: progressSender(id, send) };
      let hasBegun = false;
      const job = queue(() => {
        controller.signal.throwIfAborted();
        hasBegun = true;
        return handler(request as never, context);
      });
      const result = await Promise.race([job, abortedWhile(controller.signal, () => !hasBegun)]);
      send({ kind: "done", id, result }, transferables(result));
    } catch (error) {
      send({ kind: "failed", id, error: toErrorReport(error) });
    } finally {
      running.delete(id);
    }
  };
  const onAbort = ({ id }: AbortMessage): void => running.get(id)?.abort();

  const listener = (event: MessageEvent): void => {
    const message = event.data as ToWorker;
    if (message.kind === "call") void onCall(message);
    else onAbort(message);
  };
  endpoint.addEventListener("message", listener);
  return () => endpoint.removeEventListener("message", listener);
}

/**
 * Rejects at once when a call is aborted that still waits for others. Its caller would take the silence for a job that
 * does not stop, and end the worker in the middle of someone else's.
 */
function abortedWhile(signal: AbortSignal, isWaiting: () => boolean): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => {
      if (isWaiting()) reject(new AppError("cancelled", "The job was cancelled before it began."));
    }),
  );
}

/** Partial results always go through; bare progress at most every 80 ms. */
function progressSender(id: number, send: (message: FromWorker, transfer: Transferable[]) => void) {
  let last = -Infinity;
  return (progress: Progress, partial?: unknown): void => {
    const now = performance.now();
    if (partial === undefined && now - last < PROGRESS_INTERVAL && progress.done < progress.total) return;
    last = now;
    if (partial === undefined) send({ kind: "progress", id, progress }, []);
    else send({ kind: "progress", id, progress, partial }, []);
  };
}
