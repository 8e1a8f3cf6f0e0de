/** The page's side of the transport: a typed client over any endpoint, with abort, progress and error classes. */
import type { Handler } from "../domain/labApi";
import type { CallContext } from "../domain/progress";
import { AppError, fromErrorReport } from "../lib/errors";
import type { Endpoint, FromWorker, LabNotice } from "./messages";

export type ClientOf<Api> = {
  [Method in keyof Api]: Api[Method] extends Handler<infer Request, infer Result, infer Part>
    ? (request: Request, context?: Partial<CallContext<Part>>) => Promise<Result>
    : never;
};

type Pending = {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  onProgress: CallContext<unknown>["onProgress"] | undefined;
};

export type Connection<Api> = {
  client: ClientOf<Api>;
  /** Fails every call under way, for when the other side is gone. */
  fail(error: Error): void;
};

/** Typed arrays in requests are copied: the page keeps what it sent, for a retry on a new worker. */
export function connect<Api>(endpoint: Endpoint, onNotice: (notice: LabNotice) => void): Connection<Api> {
  const pending = new Map<number, Pending>();
  let nextId = 1;

  endpoint.addEventListener("message", (event) => {
    const message = event.data as FromWorker;
    if (message.kind === "notice") return onNotice(message.notice);
    const call = pending.get(message.id);
    if (call === undefined) return;
    if (message.kind === "progress") return call.onProgress?.(message.progress, message.partial);
    pending.delete(message.id);
    if (message.kind === "done") call.resolve(message.result);
    else call.reject(fromErrorReport(message.error));
  });

  const call = (
    method: string,
    request: unknown,
    context: Partial<CallContext<unknown>> = {},
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { signal, onProgress } = context;
      if (signal?.aborted) return reject(new AppError("cancelled", "The job was cancelled before it began."));
      const id = nextId++;
      pending.set(id, { resolve, reject, onProgress });
      signal?.addEventListener("abort", () => endpoint.postMessage({ kind: "abort", id }, []), {
        once: true,
      });
      endpoint.postMessage({ kind: "call", id, method, request }, []);
    });

  const client = new Proxy({} as ClientOf<Api>, {
    get: (_target, method) =>
      // A client must not look like a promise when it is returned from an async function.
      typeof method === "string" && method !== "then"
        ? (request: unknown, context?: Partial<CallContext<unknown>>) => call(method, request, context)
        : undefined,
  });
  return {
    client,
    fail(error) {
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
}
