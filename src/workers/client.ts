/**
 * The page's lab: a worker behind a typed client. When the worker dies, hangs or its device is lost, a new one is
 * started and the last model loaded again; the worker restores the edits from its journal. What cannot be cured by a
 * few new workers stops the lab until the user wants another try.
 */
import type { ErrorCode } from "../domain/errors";
import type { LabApi } from "../domain/labApi";
import type { LoadedModel } from "../domain/model";
import { AppError, fromErrorReport, toErrorReport } from "../lib/errors";
import { overdue } from "../lib/overdue";
import { connect, type ClientOf, type Connection } from "./connect";
import { watchLifeline } from "./lifeline";
import type { Endpoint, LabNotice } from "./messages";
import { createUnkeptEdits } from "./unkeptEdits";
import { createWatchdog } from "./watchdog";

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
  | { kind: "restarted"; model: LoadedModel | undefined }
  /** No more workers are started by themselves; `tryAgain` starts one and loads the last model again. */
  | { kind: "stopped"; error: AppError; tryAgain: () => void };

export type LabClient = {
  lab: Lab;
  /** Ends the worker at once and starts another. What was running fails with `error`. */
  restart(error: AppError): void;
};

type LoadRequest = Parameters<Lab["load"]>[0];
type LoadContext = Parameters<Lab["load"]>[1];

/** How long a cancelled job may go on before its worker is ended, in milliseconds. */
const STOP_PATIENCE = 8000;
/** Faults in a row without a finished call after which the client stops trying. */
const MOST_RESTARTS = 3;

/** After these the engine's results are doubtful, so it is built anew. */
const POISONOUS: ReadonlySet<ErrorCode> = new Set(["gpu-error", "device-lost", "out-of-memory"]);
/** After these the same load may well succeed in a new worker. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["gpu-error", "device-lost", "worker-lost"]);

const TOO_SLOW: ReadonlySet<ErrorCode> = new Set(["too-slow"]);

const isOneOf = (codes: ReadonlySet<ErrorCode>, error: unknown): error is AppError =>
  error instanceof AppError && codes.has(error.code);

function startWorker(): WorkerLike {
  return new Worker(new URL("./lab.worker.ts", import.meta.url), {
    type: "module",
    name: "lab",
  }) as WorkerLike;
}

/** Starts the worker. `onNotice` hears of restored edits, faults, restarts and the end of them. */
export function createLabClient(
  onNotice: (notice: ClientNotice) => void,
  createWorker: () => WorkerLike = startWorker,
): LabClient {
  let worker: WorkerLike;
  let connection: Connection<LabApi>;
  let lastLoad: LoadRequest | undefined;
  let loadsUnderWay = 0;
  let restartsInARow = 0;
  let isStopped = false;
  /** The user was told of a restart and not yet of its end. */
  let isRestartTold = false;
  const unkept = createUnkeptEdits();
  /** Errors of workers that were ended for one job alone: others go on in the next worker. */
  const impatience = new WeakSet<object>();
  const watchdog = createWatchdog((step) => restart(overdue(step)));

  const begin = (): void => {
    worker = createWorker();
    const started = worker;
    const died = (cause = "."): void => {
      if (started !== worker || isStopped) return;
      const remedy = "It is starting again by itself, and your edits come back. Then run the job once more.";
      restart(new AppError("worker-lost", `The lab's worker stopped${cause}`, remedy));
    };
    connection = connect<LabApi>(worker, (notice) => {
      if (started !== worker) return;
      if (notice.kind === "watch") return watchdog.hear(notice.step);
      if (notice.kind === "fault") return restart(fromErrorReport(notice.error));
      if (notice.kind === "alive") return watchLifeline(notice.lifeline, () => died());
      unkept.hear(notice);
      onNotice(notice);
    });
    const onError = (event: Event): void =>
      died("message" in event && event.message ? `: ${String(event.message)}` : undefined);
    worker.addEventListener("error", onError);
    worker.addEventListener("messageerror", onError);
  };

  /** Ends the worker and starts another, unless that has been of no use several times. */
  const replace = (error: AppError): void => {
    worker.terminate();
    connection.fail(error);
    restartsInARow++;
    if (restartsInARow > MOST_RESTARTS) stop(error);
    else begin();
  };

  const tell = (error: AppError): void => {
    isRestartTold = true;
    onNotice({ kind: "restarting", error });
  };

  const stop = (error: AppError): void => {
    isStopped = true;
    onNotice({ kind: "stopped", error, tryAgain });
  };

  /** Loads in the present worker, and puts back edits that only the page still has. */
  const loadHere = async (request: LoadRequest, context?: LoadContext): Promise<LoadedModel> => {
    const { client } = connection;
    const model = await client.load(request, context);
    if (await unkept.putBack(model.hash, client)) onNotice({ kind: "kept", modelHash: model.hash });
    return model;
  };

  const restarted = (model: LoadedModel | undefined): void => {
    if (isRestartTold) onNotice({ kind: "restarted", model });
    isRestartTold = false;
  };

  const reload = async (): Promise<void> => {
    if (isStopped || loadsUnderWay > 0) return; // a load under way tries again by itself
    const here = connection;
    try {
      const model = lastLoad && (await loadHere(lastLoad));
      if (here === connection) restarted(model);
    } catch (reason) {
      if (here !== connection) return;
      const error = fromErrorReport(toErrorReport(reason));
      if (isOneOf(PASSING, error)) restart(error);
      else stop(error);
    }
  };

  const restart = (error: AppError): void => {
    if (isStopped) return;
    tell(error);
    replace(error);
    void reload();
  };

  const tryAgain = (): void => {
    if (!isStopped) return;
    isStopped = false;
    isRestartTold = true;
    restartsInARow = 0;
    worker.terminate();
    begin();
    void reload();
  };

  /** A worker or device that dies while it loads gets one more chance; after what is too large, a clean worker. */
  const load = async (request: LoadRequest, context?: LoadContext): Promise<LoadedModel> => {
    loadsUnderWay++;
    let here = connection;
    const renewAfter = (error: unknown): void => {
      if (!isOneOf(POISONOUS, error) || here !== connection) return;
      if (PASSING.has(error.code)) tell(error);
      replace(error);
    };
    const attempt = async (isLast: boolean): Promise<LoadedModel> => {
      try {
        return await loadHere(request, context);
      } catch (error) {
        renewAfter(error);
        if (isLast || isStopped || !isOneOf(PASSING, error) || context?.signal?.aborted) throw error;
        here = connection;
        return attempt(true);
      }
    };
    try {
      const model = await attempt(false);
      lastLoad = request;
      restarted(model);
      return model;
    } finally {
      loadsUnderWay--;
      if (isStopped) lastLoad ??= request; // what the next try is to bring
    }
  };

  const run = async (
    method: keyof LabApi,
    request: never,
    context: { signal?: AbortSignal } | undefined,
  ): Promise<unknown> => {
    const here = connection;
    try {
      return await connection.client[method](request, context as never);
    } catch (error) {
      // It had not begun: it only waited behind the job that did not stop.
      if (isOneOf(TOO_SLOW, error) && impatience.has(error) && !isStopped && !context?.signal?.aborted)
        return run(method, request, context);
      if (isOneOf(POISONOUS, error) && here === connection) restart(error);
      throw error;
    }
  };

  const call = async (
    method: keyof LabApi,
    request: never,
    context?: { signal?: AbortSignal },
  ): Promise<unknown> => {
    if (isStopped) throw new AppError("worker-lost", "The engine has stopped.", "Press “Try again”.");
    let settled = false;
    const unheard = (): void => {
      if (settled) return;
      const remedy = "It is starting again by itself; your edits come back.";
      const error = new AppError(
        "too-slow",
        "A job did not stop when asked, so its worker was ended.",
        remedy,
      );
      impatience.add(error);
      restart(error);
    };
    context?.signal?.addEventListener("abort", () => setTimeout(unheard, STOP_PATIENCE), { once: true });
    try {
      const result: unknown = await (method === "load"
        ? load(request, context as never)
        : run(method, request, context));
      restartsInARow = 0;
      return result;
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
