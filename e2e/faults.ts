/** Breaking the lab on purpose, in the browser itself, and reading off what the page shows for sure. */
import { expect, type BrowserContext, type Page, type Worker } from "@playwright/test";
import { readFileSync } from "node:fs";
import { editPanel, PATIENCE, stateLine, traceIsDone } from "./lab";

type Broken = { method: string; after: number; by: "terminate" | "reload" };
type WithWorkers = Window & { labWorkers: globalThis.Worker[]; breakAt: Broken | undefined };
type Message = { kind: string; id?: number; method?: string; progress?: { note: string } };

/** What the page measures unasked after every change reports progress too; faults are meant for what was asked. */
const UNASKED = "Measuring damage";

/** Lets pages be asked to end their own workers; call before they are opened. */
export async function rememberWorkers(pages: Page | BrowserContext): Promise<void> {
  await pages.addInitScript(() => {
    const page = window as unknown as WithWorkers;
    page.labWorkers = [];
    window.Worker = class extends window.Worker {
      #calls = new Map<number, { method: string; heard: number }>();
      constructor(...parameters: ConstructorParameters<typeof globalThis.Worker>) {
        super(...parameters);
        page.labWorkers.push(this);
        this.addEventListener("message", ({ data }: MessageEvent<Message>) => {
          const call = this.#calls.get(data.id ?? -1);
          if (data.kind !== "progress" || call === undefined || page.breakAt === undefined) return;
          call.heard++;
          if (call.method !== page.breakAt.method || call.heard < page.breakAt.after) return;
          const { by } = page.breakAt;
          page.breakAt = undefined;
          if (by === "terminate") this.terminate();
          else location.reload();
        });
      }
      override postMessage(message: Message, transfer?: unknown): void {
        if (message.kind === "call") this.#calls.set(message.id!, { method: message.method!, heard: 0 });
        super.postMessage(message, transfer as Transferable[]);
      }
    };
  });
}

/** `worker.terminate()` by the page itself: the worker is gone at once and no event tells of it. */
export const terminateWorker = (page: Page): Promise<void> =>
  page.evaluate(() => (window as unknown as WithWorkers).labWorkers.at(-1)?.terminate());

/** Breaks the next call of `method` in the middle: when it has reported progress `after` times. */
export const breakDuring = (
  page: Page,
  method: string,
  after: number,
  by: Broken["by"] = "terminate",
): Promise<void> =>
  page.evaluate((broken) => void ((window as unknown as WithWorkers).breakAt = broken), {
    method,
    after,
    by,
  });

/** The lab's worker, once there is one; it has workers of its own, which cannot be asked anything. */
export async function labWorker(page: Page): Promise<Worker> {
  const workers = () => page.workers().filter((worker) => worker.url().includes("lab.worker"));
  await expect.poll(() => workers().length).toBeGreaterThan(0);
  return workers().at(-1)!;
}

/** An exception nobody catches, thrown in the worker between two steps of a job that has reported progress. */
export async function crashDuring(page: Page, after: number, text: string): Promise<void> {
  const worker = await labWorker(page);
  await worker.evaluate(
    (broken) => {
      const post = self.postMessage.bind(self) as (message: Message, transfer: Transferable[]) => void;
      let heard = 0;
      self.postMessage = (message: Message, transfer: unknown) => {
        post(message, transfer as Transferable[]);
        if (message.kind !== "progress" || message.progress?.note === broken.unasked) return;
        if (++heard !== broken.after) return;
        setTimeout(() => {
          throw new Error(broken.text);
        });
      };
    },
    { after, text, unasked: UNASKED },
  );
}

/** Destroys the graphics device in the middle of a job: when the worker has reported progress `after` times. */
export async function loseDeviceDuring(page: Page, after: number): Promise<void> {
  const worker = await labWorker(page);
  await worker.evaluate(
    ({ wanted, unasked }) => {
      let device: GPUDevice | undefined;
      const remember = GPUDevice.prototype.createCommandEncoder;
      GPUDevice.prototype.createCommandEncoder = function (...parameters) {
        // eslint-disable-next-line @typescript-eslint/no-this-alias -- the device itself is what is wanted
        device = this;
        return remember.apply(this, parameters);
      };
      const post = self.postMessage.bind(self) as (message: Message, transfer: Transferable[]) => void;
      let heard = 0;
      self.postMessage = (message: Message, transfer: unknown) => {
        post(message, transfer as Transferable[]);
        if (message.kind !== "progress" || message.progress?.note === unasked) return;
        if (++heard >= wanted) device?.destroy();
      };
    },
    { wanted: after, unasked: UNASKED },
  );
}

/** Storage that takes `bytes` more and then is full, at the level of the file handle; undefined: as it is. */
export async function limitStorage(page: Page, bytes: number | undefined): Promise<void> {
  const worker = await labWorker(page);
  await worker.evaluate((limit) => {
    type Shim = { realWrite?: FileSystemSyncAccessHandle["write"] };
    const shim = self as unknown as Shim;
    const handles = FileSystemSyncAccessHandle.prototype;
    const write = (shim.realWrite ??= handles.write);
    let left = limit ?? Infinity;
    handles.write = function (data, options) {
      const size = (data as ArrayBufferView).byteLength;
      if (size > left) {
        // As a real disk does: what fits is written before the error.
        const { buffer, byteOffset } = data as Uint8Array<ArrayBuffer>;
        write.call(this, new Uint8Array(buffer, byteOffset, left), options);
        left = 0;
        throw new DOMException("The storage is full.", "QuotaExceededError");
      }
      left -= size;
      return write.call(this, data, options);
    };
  }, bytes);
}

/** WebAssembly memory that cannot grow any more, as on a machine that has none left. */
export async function refuseMemory(page: Page): Promise<void> {
  const worker = await labWorker(page);
  await worker.evaluate(() => {
    WebAssembly.Memory.prototype.grow = () => {
      throw new RangeError("WebAssembly.Memory.grow(): Maximum memory size exceeded");
    };
  });
}

export const weightHash = (page: Page): Promise<string> =>
  editPanel(page).getByTitle("Hash of the weights in use").innerText();

/** The likeliest next words with their numbers, as they stand on the page. */
export async function nextWords(page: Page): Promise<string[]> {
  const list = page.locator("#ask ul[aria-busy]");
  await expect(list).toHaveAttribute("aria-busy", "false", { timeout: PATIENCE });
  // A new engine is asked again, and until then there are none.
  await expect(list.getByRole("listitem")).not.toHaveCount(0, { timeout: PATIENCE });
  return list.getByRole("listitem").allInnerTexts();
}

export const alerts = (page: Page) => page.getByRole("alert");

/** Sets how a trace is made, without starting it. */
export async function setSamples(page: Page, samples: number): Promise<void> {
  await page.getByRole("button", { name: /How it is traced/u }).click();
  const field = page.getByLabel("Samples", { exact: true });
  await field.fill(String(samples));
  await field.press("Enter");
}

/** Makes the next edit take its time, so that something can happen in the middle of it. */
export async function prolongEdit(page: Page): Promise<void> {
  await page.getByRole("button", { name: /Settings of the edit/u }).click();
  for (const [name, value] of [
    ["Steps", "300"],
    ["Good enough at", "0"],
  ] as const) {
    const field = page.getByRole("textbox", { name, exact: true });
    await field.fill(value);
    await field.press("Enter");
  }
  await page.keyboard.press("Escape");
}

export async function editAsUsual(page: Page): Promise<void> {
  await page.getByRole("button", { name: /Settings of the edit/u }).click();
  await page.getByRole("button", { name: "Back to the defaults" }).click();
  await page.getByRole("textbox", { name: "Steps", exact: true }).press("Escape");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
}

/** Starts the trace whose settings are open. */
export const startTrace = (page: Page): Promise<void> =>
  page.getByRole("button", { name: "Trace with these" }).click();

/** Traces with so many samples. @returns every number of the result */
export async function traceWith(page: Page, samples: number): Promise<TraceNumbers> {
  await setSamples(page, samples);
  await startTrace(page);
  let numbers: TraceNumbers | undefined;
  // Until it begins to fill, the trace before stays in sight.
  await expect(async () => {
    await traceIsDone(page);
    numbers = await traceNumbers(page);
    expect(numbers.corruptedSamples).toHaveLength(samples);
  }).toPass({ timeout: PATIENCE });
  return numbers!;
}

export type TraceNumbers = {
  scores: number[][];
  spread: number[][];
  clean: number;
  corrupted: number;
  corruptedSamples: number[];
};
type TraceFile = { result: TraceNumbers & { milliseconds: number } };

/** Every number of the shown trace, from the page's own export; only the time it took is left out. */
export async function traceNumbers(page: Page): Promise<TraceNumbers> {
  const item = page.getByRole("menuitem", { name: "Everything (JSON)" });
  if (!(await item.isVisible())) await page.getByRole("button", { name: "Export", exact: true }).click();
  // A trace that begins just now takes the menu away: soon over, so that the caller can try again.
  const timeout = 5000;
  const [download] = await Promise.all([page.waitForEvent("download", { timeout }), item.click({ timeout })]);
  const path = await download.path();
  const { result } = JSON.parse(readFileSync(path, "utf8")) as TraceFile;
  const { milliseconds: _time, ...numbers } = result;
  return numbers;
}

/** Everything on the page that must be the same after a fault as before it. */
export async function standing(page: Page) {
  return {
    line: await stateLine(page).innerText(),
    hash: await weightHash(page),
    words: await nextWords(page),
  };
}

/** Waits until a new engine has the model and the edits back. */
export async function engineIsBack(page: Page): Promise<void> {
  await expect(page.getByText("Done. The model is loaded and your edits are back.")).toBeVisible({
    timeout: PATIENCE,
  });
}
