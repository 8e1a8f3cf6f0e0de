/** The cache in a real browser's private file system: kept, locked between workers, resumed after one is killed. */
import { afterEach, expect, test } from "vitest";
import type { CacheAnswer, CacheOrder } from "../testing/cacheWorker";

const BYTES = 17 << 20;
const REF = "hf:test/cache@0000000000000000000000000000000000000000";

/** Sends one order to a worker of its own and waits for the answer that is not progress. */
function order(
  what: Partial<CacheOrder> & Pick<CacheOrder, "kind">,
  onProgress?: (done: number, worker: Worker) => void,
) {
  const worker = new Worker(new URL("../testing/cacheWorker.ts", import.meta.url), { type: "module" });
  return new Promise<CacheAnswer>((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<CacheAnswer>) => {
      if ("progress" in data) return onProgress?.(data.progress, worker);
      worker.terminate();
      resolve(data);
    };
    worker.postMessage({ ref: REF, bytes: BYTES, waits: false, ...what });
  });
}

afterEach(async () => void (await order({ kind: "remove" })));

test("what is stored is found again, byte for byte, by another worker", async () => {
  expect(await order({ kind: "check" })).toMatchObject({ done: "absent" });
  expect(await order({ kind: "store" })).toEqual({ done: "kept", read: BYTES });
  expect(await order({ kind: "check" })).toEqual({ done: "kept", read: BYTES });
});

test("a worker killed in the middle leaves no model, and the next goes on from there", async () => {
  await new Promise<void>((resolve) => {
    void order({ kind: "store", waits: true }, (done, worker) => {
      if (done === 0) return;
      worker.terminate();
      resolve();
    });
  });
  expect(await order({ kind: "check" })).toMatchObject({ done: "absent" });
  const answer = await order({ kind: "store" });
  expect(answer).toMatchObject({ done: "kept" });
  expect((answer as { read: number }).read).toBeLessThan(BYTES);
  expect(await order({ kind: "check" })).toEqual({ done: "kept", read: BYTES });
});

test("while one worker stores a model, another is told so and goes on", async () => {
  let second: Promise<CacheAnswer> | undefined;
  const first = await order({ kind: "store", waits: true }, (done, worker) => {
    if (done === 0) return;
    second ??= order({ kind: "store" }).finally(() => worker.postMessage("go"));
  });
  expect(await second).toMatchObject({ refused: expect.stringMatching(/Another tab/) as string });
  expect(first).toMatchObject({ done: "kept" });
});
