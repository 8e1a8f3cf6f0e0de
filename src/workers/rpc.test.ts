import { afterEach, describe, expect, test } from "vitest";
import type { Handler } from "../domain/labApi";
import { AppError } from "../lib/errors";
import { connect } from "./connect";
import type { Endpoint } from "./messages";
import { serve } from "./serve";

type Api = {
  double: Handler<{ values: Float32Array }, { values: Float32Array }>;
  count: Handler<{ to: number }, number, { at: number }>;
  refuse: Handler<Record<never, never>, never>;
  wait: Handler<Record<never, never>, never>;
};

const log: string[] = [];
const api = {
  double: async ({ values }: { values: Float32Array }) => ({ values: values.map((value) => value * 2) }),
  count: async ({ to }: { to: number }, { onProgress }: Parameters<Api["count"]>[1]) => {
    for (let at = 0; at < to; at++) onProgress({ note: "counting", done: at, total: to }, { at });
    log.push("counted");
    return to;
  },
  refuse: async (): Promise<never> => {
    throw new AppError("bad-request", "No.", "Ask otherwise.", { field: "x" });
  },
  wait: (_request: unknown, { signal }: Parameters<Api["wait"]>[1]) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    }),
};

const channels: MessageChannel[] = [];
function connected() {
  const channel = new MessageChannel();
  channels.push(channel);
  channel.port1.start();
  channel.port2.start();
  serve(api as never, channel.port1 as unknown as Endpoint);
  return connect<Api>(channel.port2 as unknown as Endpoint, () => undefined);
}
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

describe("the transport", () => {
  test("carries a result with its buffer and leaves the caller's array alone", async () => {
    const values = Float32Array.of(1, 2);
    expect((await connected().client.double({ values })).values).toEqual(Float32Array.of(2, 4));
    expect(values).toHaveLength(2);
  });

  test("carries every partial result in order", async () => {
    const seen: number[] = [];
    const total = await connected().client.count(
      { to: 5 },
      { onProgress: (_progress, partial) => seen.push(partial!.at) },
    );
    expect([total, seen]).toEqual([5, [0, 1, 2, 3, 4]]);
  });

  test("rebuilds errors with code, remedy and details", async () => {
    const error = await connected()
      .client.refuse({})
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: "bad-request", remedy: "Ask otherwise.", details: { field: "x" } });
  });

  test("aborts a running job, and one that waits in the queue never starts", async () => {
    const { client } = connected();
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = client.wait({}, { signal: first.signal });
    log.length = 0;
    const queued = client.count({ to: 1 }, { signal: second.signal });
    second.abort();
    first.abort();
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: "cancelled" }),
      expect(queued).rejects.toMatchObject({ code: "cancelled" }),
    ]);
    expect(log).toEqual([]);
  });

  test("answers an aborted job that waits at once, while the one before it goes on", async () => {
    const { client } = connected();
    const [first, second] = [new AbortController(), new AbortController()];
    const running = client.wait({}, { signal: first.signal });
    const queued = client.count({ to: 1 }, { signal: second.signal });
    second.abort();
    await expect(queued).rejects.toMatchObject({ code: "cancelled" });
    const state = await Promise.race([running.catch(() => "ended"), Promise.resolve("running")]);
    expect(state).toBe("running");
    first.abort();
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(await client.double({ values: Float32Array.of(1) })).toEqual({ values: Float32Array.of(2) });
  });

  test("refuses unknown methods, inherited ones too", async () => {
    const client = connected().client as unknown as Record<string, (request: object) => Promise<unknown>>;
    await expect(client["toString"]!({})).rejects.toMatchObject({ code: "internal" });
  });

  test("fails what is under way when the other side is gone", async () => {
    const { client, fail } = connected();
    const waiting = client.wait({});
    fail(new AppError("worker-lost", "gone"));
    await expect(waiting).rejects.toMatchObject({ code: "worker-lost" });
  });
});
