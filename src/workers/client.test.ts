import { describe, expect, test } from "vitest";
import type { LoadedModel } from "../domain/model";
import { AppError } from "../lib/errors";
import { createLabClient, type ClientNotice, type WorkerLike } from "./client";
import type { Endpoint } from "./messages";
import { serve } from "./serve";

/** A worker in this thread: a real transport, a lab that loads by name and can be told to die. */
function workshop() {
  const started: { die(): void; loads: string[]; terminated: boolean }[] = [];
  const createWorker = (): WorkerLike => {
    const { port1, port2 } = new MessageChannel();
    const errorListeners: ((event: Event) => void)[] = [];
    const record = {
      loads: [] as string[],
      terminated: false,
      die: () => errorListeners.forEach((listener) => listener(new Event("error"))),
    };
    started.push(record);
    port1.start();
    port2.start();
    serve(
      {
        load: async ({ source }: { source: { name: string } }) => {
          record.loads.push(source.name);
          return { ref: source.name } as LoadedModel;
        },
        trace: () => new Promise<never>(() => undefined),
        score: () => Promise.reject(new AppError("device-lost", "The device is gone.")),
      } as never,
      port1 as unknown as Endpoint,
    );
    return {
      postMessage: (message: unknown) => port2.postMessage(message),
      addEventListener: (type: string, listener: never) =>
        type === "message" ? port2.addEventListener(type, listener) : void errorListeners.push(listener),
      removeEventListener: (type: string, listener: never) => port2.removeEventListener(type, listener),
      terminate: () => {
        record.terminated = true;
        port1.close();
        port2.close();
      },
    } as WorkerLike;
  };
  return { createWorker, started };
}

function client() {
  const notices: ClientNotice[] = [];
  const { createWorker, started } = workshop();
  const { lab, restart } = createLabClient((notice) => notices.push(notice), createWorker);
  return { lab, restart, notices, started };
}

const source = { kind: "embedded", name: "tiny" } as const;
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("the lab's client", () => {
  test("loads the last model again when the worker dies, and fails what was running", async () => {
    const { lab, notices, started } = client();
    await lab.load({ source });
    const running = lab.trace({} as never);
    started[0]!.die();
    await expect(running).rejects.toMatchObject({ code: "worker-lost" });
    await settled();
    expect(started.map(({ loads, terminated }) => [loads, terminated])).toEqual([
      [["tiny"], true],
      [["tiny"], false],
    ]);
    expect(notices.map(({ kind }) => kind)).toEqual(["restarting", "restarted"]);
  });

  test("builds the engine anew after a lost device, and the job's own error arrives", async () => {
    const { lab, started } = client();
    await lab.load({ source });
    await expect(lab.score({} as never)).rejects.toMatchObject({ code: "device-lost" });
    await settled();
    expect(started.map(({ loads }) => loads)).toEqual([["tiny"], ["tiny"]]);
  });

  test("starts a bare worker when nothing was loaded", async () => {
    const { notices, started, restart } = client();
    restart(new AppError("device-lost", "gone"));
    await settled();
    expect(started).toHaveLength(2);
    expect(notices.at(-1)).toEqual({ kind: "restarted", model: undefined });
  });

  test("gives up after too many deaths in a row", async () => {
    const { started } = client();
    for (let times = 0; times < 10; times++) started.at(-1)!.die();
    await settled();
    expect(started.length).toBeLessThan(6);
  });

  test("ends a worker that does not stop when asked", { timeout: 15_000 }, async () => {
    const { lab, started } = client();
    const controller = new AbortController();
    const running = lab.trace({} as never, { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "too-slow" });
    expect(started[0]!.terminated).toBe(true);
  });
});
