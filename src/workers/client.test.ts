import { describe, expect, test } from "vitest";
import type { LoadedModel } from "../domain/model";
import { AppError } from "../lib/errors";
import { createLabClient, type ClientNotice, type WorkerLike } from "./client";
import type { Endpoint, LabNotice } from "./messages";
import { serve } from "./serve";

type Started = {
  die(): void;
  tell(notice: LabNotice): void;
  loads: string[];
  opened: string[];
  terminated: boolean;
};
type Load = (name: string, worker: number) => Promise<LoadedModel>;

const loaded: Load = async (name) => ({ ref: name, hash: `hash of ${name}` }) as LoadedModel;

/** A worker in this thread: a real transport, a lab that loads by name and can be told to die. */
function workshop(onLoad: Load) {
  const started: Started[] = [];
  const createWorker = (): WorkerLike => {
    const { port1, port2 } = new MessageChannel();
    const errorListeners: ((event: Event) => void)[] = [];
    const record = {
      loads: [] as string[],
      opened: [] as string[],
      terminated: false,
      tell: (notice: LabNotice) => port1.postMessage({ kind: "notice", notice }),
      die: () => errorListeners.forEach((listener) => listener(new Event("error"))),
    };
    const index = started.push(record) - 1;
    port1.start();
    port2.start();
    serve(
      {
        load: async ({ source }: { source: { name: string } }) => {
          record.loads.push(source.name);
          return onLoad(source.name, index);
        },
        openEdits: async ({ bytes }: { bytes: Uint8Array }) => void record.opened.push(bytes.join()),
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

function client(onLoad: Load = loaded) {
  const notices: ClientNotice[] = [];
  const { createWorker, started } = workshop(onLoad);
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

  test("starts one worker, not two, when two jobs fail with one device", async () => {
    const { lab, started } = client();
    await lab.load({ source });
    const both = await Promise.allSettled([lab.score({} as never), lab.score({} as never)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await settled();
    expect(started.map(({ loads }) => loads)).toEqual([["tiny"], ["tiny"]]);
  });

  test("gives a load one more chance when the device is lost in the middle", async () => {
    const { lab, notices, started } = client(async (name, worker) => {
      if (worker === 0) throw new AppError("device-lost", "The device is gone.");
      return loaded(name, worker);
    });
    expect(await lab.load({ source })).toMatchObject({ ref: "tiny" });
    expect(started.map(({ loads, terminated }) => [loads, terminated])).toEqual([
      [["tiny"], true],
      [["tiny"], false],
    ]);
    expect(notices.map(({ kind }) => kind)).toEqual(["restarting", "restarted"]);
  });

  test("gives a load one more chance when the worker dies in the middle", async () => {
    const { lab, started } = client((name, worker) =>
      worker === 0 ? new Promise(() => undefined) : loaded(name, worker),
    );
    const loading = lab.load({ source });
    await settled();
    started[0]!.die();
    expect(await loading).toMatchObject({ ref: "tiny" });
    expect(started).toHaveLength(2);
  });

  test("does not try a model twice that is too large, and leaves a clean worker", async () => {
    const { lab, notices, started } = client(() =>
      Promise.reject(new AppError("out-of-memory", "Too large.")),
    );
    await expect(lab.load({ source })).rejects.toMatchObject({ code: "out-of-memory" });
    expect(started.map(({ terminated }) => terminated)).toEqual([true, false]);
    expect(notices).toEqual([]);
  });

  test("holds edits that storage refused, and gives them to the next worker", async () => {
    const { lab, notices, started } = client();
    await lab.load({ source });
    const error = { code: "storage", message: "full", remedy: "", details: {} } as const;
    const unkept = { kind: "unkept", modelHash: "hash of tiny", error, bytes: Uint8Array.of(1, 2) } as const;
    started[0]!.tell(unkept);
    await settled();
    started[0]!.die();
    await settled();
    expect(started[1]!.opened).toEqual(["1,2"]);
    expect(notices.map(({ kind }) => kind)).toEqual(["unkept", "restarting", "kept", "restarted"]);
    started[1]!.die();
    await settled();
    expect(started[2]!.opened).toEqual([]);
    expect(notices[0]).toEqual(unkept);
  });

  test("starts a bare worker when nothing was loaded", async () => {
    const { notices, started, restart } = client();
    restart(new AppError("device-lost", "gone"));
    await settled();
    expect(started).toHaveLength(2);
    expect(notices.at(-1)).toEqual({ kind: "restarted", model: undefined });
  });

  test("gives up after too many deaths in a row, says so, and tries again when asked", async () => {
    const { lab, notices, started } = client();
    await lab.load({ source });
    for (let times = 0; times < 10; times++) started.at(-1)!.die();
    await settled();
    expect(started).toHaveLength(4);
    expect(started.every(({ terminated }) => terminated)).toBe(true);
    const stopped = notices.at(-1);
    if (stopped?.kind !== "stopped") throw new Error("the page was not told");
    await expect(lab.trace({} as never)).rejects.toMatchObject({ code: "worker-lost" });

    stopped.tryAgain();
    await settled();
    expect(notices.at(-1)).toMatchObject({ kind: "restarted", model: { ref: "tiny" } });
    expect(started.at(-1)!.loads).toEqual(["tiny"]);
    stopped.tryAgain();
    expect(started).toHaveLength(5);
  });

  test("stops when the model cannot be had again, instead of trying for ever", async () => {
    const { lab, notices, started } = client(async (name, worker) => {
      if (worker > 0) throw new AppError("network", "The file is gone.");
      return loaded(name, worker);
    });
    await lab.load({ source });
    started[0]!.die();
    await settled();
    expect(started).toHaveLength(2);
    expect(notices.at(-1)).toMatchObject({ kind: "stopped", error: { code: "network" } });
  });

  test(
    "lets a job that waited behind one that does not stop go on in the next worker",
    {
      timeout: 20_000,
    },
    async () => {
      const { lab, started } = client();
      await lab.load({ source });
      const controller = new AbortController();
      const stuck = lab.trace({} as never, { signal: controller.signal });
      const waiting = lab.openEdits({ bytes: Uint8Array.of(7) } as never);
      controller.abort();
      await expect(stuck).rejects.toMatchObject({ code: "too-slow" });
      await waiting;
      expect(started.map(({ loads, opened }) => [loads, opened])).toEqual([
        [["tiny"], []],
        [["tiny"], ["7"]],
      ]);
    },
  );

  test("ends a worker that does not stop when asked", { timeout: 15_000 }, async () => {
    const { lab, started } = client();
    const controller = new AbortController();
    const running = lab.trace({} as never, { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "too-slow" });
    expect(started[0]!.terminated).toBe(true);
  });
});
