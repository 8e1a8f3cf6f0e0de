/** The journal under the real lab: full storage, another tab, edits that are stopped at any moment. */
import { beforeEach, describe, expect, test } from "vitest";
import type { EditCall } from "../domain/edit";
import type { LabNews } from "../domain/news";
import { AppError } from "../lib/errors";
import { createLab } from "./createLab";
import { durableFiles, memoryFiles, type RawFiles } from "./durableFiles";
import { nodeEnvironment } from "./nodeEnvironment";

const source = { kind: "embedded", name: "tiny-facts2-gpt2" } as const;
const still = { signal: new AbortController().signal, onProgress: () => undefined };

const fact = (subject: string, targetNew: string): EditCall => ({
  method: "ROME",
  requests: [{ prompt: "The capital of {} is", subject, targetNew, paraphrases: [], neighbours: [] }],
  settings: { steps: 3 },
  contexts: ["{}"],
  seed: 1,
});
const norway = fact("Norway", "Athens");
const britain = fact("United Kingdom", "Paris");

/** A tab: a lab of its own on the browser's files. The engine is the process's own, so tabs take turns. */
async function tab(raw: RawFiles) {
  const news: LabNews[] = [];
  const environment = {
    ...nodeEnvironment({ backend: "wasm" }),
    journal: durableFiles(raw),
    tell: (one: LabNews) => void news.push(one),
  };
  const lab = createLab(environment);
  await lab.load({ source }, still);
  return { lab, news, state: () => lab.stack({}, still) };
}

/** Files that take `left` bytes more; what fits of a write is written before it fails, as on a disk. */
function limitedFiles(): RawFiles & { left: number } {
  const inner = memoryFiles();
  return {
    ...inner,
    left: Infinity,
    async write(name, bytes) {
      await inner.write(name, bytes.slice(0, Math.min(bytes.length, this.left)));
      if (bytes.length > this.left) throw new DOMException("full", "QuotaExceededError");
    },
  };
}

let files: ReturnType<typeof limitedFiles>;
beforeEach(() => void (files = limitedFiles()));

describe("storage that is full", () => {
  test("costs no edit: the page is given the stack, and any tab can open it", async () => {
    const { lab, news, state } = await tab(files);
    await lab.edit(norway, still);
    const kept = (await state()).weightHash;
    files.left = 500;
    const { stack } = await lab.edit(britain, still);
    expect(stack.line).toBe("base + 2 edits");
    const refused = news.find((one) => one.kind === "unkept");
    expect(refused?.error).toMatchObject({ code: "storage" });
    expect(refused?.error.message).toMatch(/could not be kept in this browser: its storage is full/);

    const next = await tab(files);
    expect((await next.state()).weightHash).toBe(kept);
    files.left = Infinity;
    const bytes = refused!.bytes;
    await next.lab.openEdits({ bytes, fileName: "edits", acceptOtherRevision: false }, still);
    expect((await next.state()).weightHash).toBe(stack.weightHash);
    expect((await (await tab(files)).state()).weightHash).toBe(stack.weightHash);
  });

  test("is told once it takes the stack again", async () => {
    const { lab, news, state } = await tab(files);
    files.left = 500;
    await lab.edit(norway, still);
    files.left = Infinity;
    const { edits } = await state();
    await lab.renameEdit({ id: edits[0]!.id, name: "Norway" }, still);
    expect(news.map(({ kind }) => kind)).toEqual(["unkept", "kept"]);
    expect((await (await tab(files)).state()).edits[0]?.name).toBe("Norway");
  });
});

describe("two tabs on one model", () => {
  test("keep each other's edits, switched off, and each its own removals", async () => {
    const one = await tab(files);
    const two = await tab(files);
    const { stack: first } = await one.lab.edit(norway, still);
    const { stack: second } = await two.lab.edit(britain, still);
    expect(second.edits.map(({ enabled }) => enabled)).toEqual([true, false]);
    expect(second.edits[1]!.requests[0]!.subject).toBe("Norway");
    expect(second.line).toBe("base + 1 edit");
    expect(two.news).toContainEqual({ kind: "joined", edits: 1 });

    // What the second tab removes does not come back by the journal…
    await two.lab.removeEdit({ id: second.edits[1]!.id }, still);
    expect((await two.state()).edits).toHaveLength(1);
    // … but the first tab still has its own, and now the other's too.
    const id = first.edits[0]!.id;
    const renamed = await one.lab.renameEdit({ id, name: "mine" }, still);
    expect(renamed.edits.map(({ name, enabled }) => [name === "mine", enabled])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(renamed.weightHash).toBe(first.weightHash);
    expect((await (await tab(files)).state()).edits).toHaveLength(2);
  });

  test("a journal that cannot be read is put aside, not written over", async () => {
    const one = await tab(files);
    const name = `stack-${(await one.state()).weightHash}`;
    const strange = new TextEncoder().encode("another version's format") as Uint8Array<ArrayBuffer>;
    const journal = durableFiles(files);
    await journal.write(name, strange);
    await one.lab.edit(norway, still);
    expect((await one.state()).edits).toHaveLength(1);
    expect(await journal.read(`unreadable-${name}`)).toEqual(strange);
    expect((await (await tab(files)).state()).edits).toHaveLength(1);
  });
});

describe("edits set aside", () => {
  /** The stack makes way, as it does for a sequence. */
  async function makeWay({ lab }: Awaited<ReturnType<typeof tab>>): Promise<void> {
    await lab.setEditsAside(await lab.saveEdits({}, still), still);
    await lab.keepFirstEdits({ count: 0 }, still);
  }
  const sets = async ({ lab }: Awaited<ReturnType<typeof tab>>) => (await lab.editsAside({}, still)).sets;

  test("come back in a later visit with their bits, and what was made since takes their place", async () => {
    const first = await tab(files);
    await first.lab.edit(norway, still);
    const own = (await first.state()).weightHash;
    await makeWay(first);
    expect(await first.state()).toMatchObject({ edits: [], line: "base model" });

    const next = await tab(files);
    expect(await sets(next)).toBe(1);
    await next.lab.edit(britain, still);
    const since = (await next.state()).weightHash;
    expect((await next.lab.putEditsBack({ keepPresent: true }, still)).weightHash).toBe(own);
    expect(await sets(next)).toBe(1);
    expect((await (await tab(files)).state()).weightHash).toBe(own);
    expect((await next.lab.putEditsBack({ keepPresent: false }, still)).weightHash).toBe(since);
    expect(await sets(next)).toBe(0);
    await expect(next.lab.putEditsBack({ keepPresent: false }, still)).rejects.toMatchObject({
      code: "bad-request",
    });
    expect((await next.state()).weightHash).toBe(since);
  });

  test("are counted once, and every set comes in turn past one that cannot be read", async () => {
    const { lab, state } = await tab(files);
    await lab.edit(norway, still);
    const own = (await state()).weightHash;
    const { bytes } = await lab.saveEdits({}, still);
    for (let times = 0; times < 2; times++)
      expect(await lab.setEditsAside({ bytes }, still)).toEqual({ sets: 1 });
    await lab.keepFirstEdits({ count: 0 }, still);
    const strange = new TextEncoder().encode("another kind of file") as Uint8Array<ArrayBuffer>;
    expect(await lab.setEditsAside({ bytes: strange }, still)).toEqual({ sets: 2 });
    await expect(lab.putEditsBack({ keepPresent: false }, still)).rejects.toBeInstanceOf(AppError);
    expect(await state()).toMatchObject({ edits: [] });
    expect((await lab.putEditsBack({ keepPresent: false }, still)).weightHash).toBe(own);
    expect(await lab.editsAside({}, still)).toEqual({ sets: 1 });
  });

  test("stay when storage is full, whatever it refuses", async () => {
    const page = await tab(files);
    await page.lab.edit(norway, still);
    const own = (await page.state()).weightHash;
    const file = await page.lab.saveEdits({}, still);
    files.left = 500;
    await expect(page.lab.setEditsAside(file, still)).rejects.toMatchObject({ code: "storage" });
    expect(await sets(page)).toBe(0);
    expect((await page.state()).weightHash).toBe(own);

    files.left = Infinity;
    await makeWay(page);
    files.left = 500;
    expect((await page.lab.putEditsBack({ keepPresent: false }, still)).weightHash).toBe(own);
    expect(page.news.at(-1)).toMatchObject({ kind: "unkept" });
    expect(await sets(page)).toBe(1);
    files.left = Infinity;
    expect(await sets(await tab(files))).toBe(1);
  });
});

/** A signal that fires when it is looked at for the `at`th time, and counts the looks. */
function firesAt(at: number) {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = { looks: 0 };
  Object.defineProperty(signal, "aborted", {
    get: () => {
      if (++seen.looks === at) controller.abort();
      return seen.looks >= at;
    },
  });
  return { signal, seen };
}

test("an edit stopped at any moment leaves the model as it was, the questions afterwards included", async () => {
  const { lab, state } = await tab(files);
  const base = (await state()).weightHash;
  // The first edit also computes statistics, which later ones find in the cache.
  let looks = 0;
  for (let times = 0; times < 2; times++) {
    const { signal, seen } = firesAt(Infinity);
    const { stack, editId } = await lab.edit(norway, { ...still, signal });
    expect(stack.weightHash).not.toBe(base);
    await lab.removeEdit({ id: editId }, still);
    looks = seen.looks;
  }
  // The last looks are those of the questions afterwards, when the edit is already on the weights.
  for (const at of [1, looks >> 1, looks - 20, looks - 5]) {
    const { signal } = firesAt(at);
    const stopped = lab.edit(norway, { ...still, signal });
    await expect(stopped, `look ${at} of ${looks}`).rejects.toMatchObject({ code: "cancelled" });
    expect(await state(), `look ${at} of ${looks}`).toMatchObject({ weightHash: base, edits: [] });
  }
});
