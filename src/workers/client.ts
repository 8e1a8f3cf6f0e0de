/**
 * The page's lab: a worker behind a typed client. When the worker dies, hangs or its device is lost, a new one is
 * started and the last model loaded again; the worker restores the edits from its journal.
 */
import type { LabApi } from "../domain/labApi";
import type { LoadedModel } from "../domain/model";
import { AppError, fromErrorReport } from "../lib/errors";
import { connect, type ClientOf, type Connection } from "./connect";
import type { Endpoint, LabNotice } from "./messages";

export type { LabNotice } from "./messages";
export type Lab = ClientOf<LabApi>;

export type WorkerLike = Endpoint & {
  terminate(): void;
  addEventListener(type: "error" | "messageerror", listener: (event: Event) => void): void;
};

export type ClientNotice =
  | LabNotice
  /** A new worker is loading the last model again, because of `error`. */
  | { kind: "restarting"; error: AppError }
  | { kind: "restarted"; model: LoadedModel | undefined };

export type LabClient = {
  lab: Lab;
  /** Ends the worker at once and starts another. What was running fails with `error`. */
  restart(error: AppError): void;
};

/** How long a cancelled job may go on before its worker is ended, in milliseconds. */
const STOP_PATIENCE = 4000;
/** Faults in a row without a finished call after which the client stops trying. */
const MOST_RESTARTS = 3;

/** After these the engine's results are doubtful, so it is built anew. */
const POISONOUS: ReadonlySet<string> = new Set(["gpu-error", "device-lost", "out-of-memory"]);

function startWorker(): WorkerLike {
  return new Worker(new URL("./lab.worker.ts", import.meta.url), {
    type: "module",
    name: "lab",
  }) as WorkerLike;
}

/** Starts the worker. `onNotice` hears of restored edits, faults and restarts. */
export function createLabClient(
  onNotice: (notice: ClientNotice) => void,
  createWorker: () => WorkerLike = startWorker,
): LabClient {
  let worker: WorkerLike;
  let connection: Connection<LabApi>;
  let lastLoad: Parameters<Lab["load"]>[0] | undefined;
  let restartsInARow = 0;

  const begin = (): void => {
    worker = createWorker();
    const started = worker;
    connection = connect<LabApi>(worker, (notice) => {
      if (notice.kind === "fault") restart(fromErrorReport(notice.error));
      else onNotice(notice);
    });
    const died = (event: Event): void => {
      if (started !== worker) return;
      const cause = "message" in event && event.message ? `: ${String(event.message)}` : ".";
      restart(new AppError("worker-lost", `The lab's worker stopped${cause}`, "It is being started again."));
    };
    worker.addEventListener("error", died);
    worker.addEventListener("messageerror", died);
  };

  const restart = (error: AppError): void => {
    worker.terminate();
    connection.fail(error);
    restartsInARow++;
    onNotice({ kind: "restarting", error });
    if (restartsInARow > MOST_RESTARTS) return;
    begin();
    if (lastLoad === undefined) return onNotice({ kind: "restarted", model: undefined });
    connection.client.load(lastLoad).then(
      (model) => onNotice({ kind: "restarted", model }),
      (reason: unknown) => {
        if (reason instanceof AppError)
          onNotice({ kind: "fault", error: { ...reason, message: reason.message } });
      },
    );
  };

  const call = async (
    method: keyof LabApi,
    request: never,
    context?: { signal?: AbortSignal },
  ): Promise<unknown> => {
    const signal = context?.signal;
    let settled = false;
    const unheard = (): void => {
      const error = new AppError("too-slow", "The job did not stop when asked, so its worker was ended.");
      if (!settled) restart(error);
    };
    signal?.addEventListener("abort", () => setTimeout(unheard, STOP_PATIENCE), { once: true });
    try {
      const result: unknown = await connection.client[method](request, context as never);
      if (method === "load") lastLoad = request;
      restartsInARow = 0;
      return result;
    } catch (error) {
      if (method !== "load" && error instanceof AppError && POISONOUS.has(error.code)) restart(error);
      throw error;
    } finally {
      settled = true;
    }
  };

  begin();
  const lab = new Proxy({} as Lab, {
    get: (_target, method) =>
      method === "then"
        ? undefined
        : (request: never, context?: object) => call(method as keyof LabApi, request, context),
  });
  return { lab, restart };
}
