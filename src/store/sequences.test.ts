/** The user's own edits make way for a sequence and come back, also when the page was closed in between. */
import { beforeEach, expect, test, vi } from "vitest";
import type { LifelongPoint } from "../domain/lifelong";
import { AppError } from "../lib/errors";
import { createFakeLab, MODEL, stackOf, type FakeLab } from "./testing/fakeLab";
import { createWorkspace } from "./workspace";

const FACTS = Array.from({ length: 12 }, (_, at) => ({
  ...{ prompt: "The capital of {} is", subject: `land ${at}`, target: `city ${at % 3}`, paraphrases: [] },
}));
const MEANS = { p: 1, greedy: 1, count: 1 };

let kept: Map<string, string>;
beforeEach(() => {
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  vi.stubGlobal("location", { hash: "" });
});

/** What the lab's journal holds of edits set aside: it outlives a page. `refuses`: storage is full. */
const journal = { sets: [] as number[][], refuses: false };
beforeEach(() => void Object.assign(journal, { sets: [], refuses: false }));

async function openPage(saved: Uint8Array<ArrayBuffer>, own = FACTS) {
  const opened: number[][] = [];
  const point = (edits: number): LifelongPoint => ({
    ...{ edits, efficacy: MEANS, paraphrases: null, neighbourhood: null, untouched: MEANS, retention: [] },
    ...{ perplexity: null, norms: [], interference: { untouched: [], edited: [] } },
    ...{ stackEdits: edits, weightHash: `${edits}`, milliseconds: 1 },
  });
  const lab: FakeLab = createFakeLab({
    knownFacts: () => Promise.resolve({ facts: own }),
    saveEdits: () => Promise.resolve({ bytes: saved }),
    continueLifelong: ({ done, every }) => Promise.resolve(point(done + every)),
    editsAside: () => Promise.resolve({ sets: journal.sets.length }),
    setEditsAside: ({ bytes }) => {
      if (journal.refuses) return Promise.reject(new AppError("storage", "It is full."));
      return Promise.resolve({ sets: journal.sets.push([...bytes]) });
    },
    putEditsBack: ({ keepPresent }) => {
      opened.push(journal.sets.pop()!);
      if (keepPresent) journal.sets.unshift([...saved]);
      return Promise.resolve(stackOf([true]));
    },
    openEdits: ({ bytes }) => {
      opened.push([...bytes]);
      return Promise.resolve(stackOf([true]));
    },
  });
  const workspace = createWorkspace(lab);
  workspace.begin({ model: MODEL.ref, examples: [] }, undefined);
  await vi.waitFor(() => expect(workspace.stores.model.getState().model).toBeDefined());
  const page = { lab, opened, ...workspace, ...workspace.stores };
  /** Own edits on the model make way for a sequence. */
  const begin = async (): Promise<void> => {
    page.stack.getState().adopt(stackOf([true]));
    page.lifelong.getState().recognise(stackOf([true]), MODEL.hash);
    page.lifelong.getState().setForm({ count: 4, every: 4 });
    await page.limits.startLifelong();
  };
  return { ...page, begin };
}

const isSetAside = ({ lifelong }: Awaited<ReturnType<typeof openPage>>) => lifelong.getState().isSetAside;
const SAVED = Uint8Array.from({ length: 300 }, (_, at) => (7 * at) % 256);
/** Of any size: the journal holds what localStorage never could. */
const LARGE = new Uint8Array(2 ** 22).fill(3);

test.each([SAVED, LARGE])(
  "set aside, kept through a new page, put back to the byte, and then forgotten",
  async (saved) => {
    const first = await openPage(saved);
    await first.begin();
    expect(first.lifelong.getState()).toMatchObject({ isSetAside: true, step: { status: "done" } });
    expect(first.notices.getState().notices).toEqual([]);

    const next = await openPage(saved);
    await vi.waitFor(() => expect(isSetAside(next)).toBe(true));
    await next.limits.putBack();
    expect(next.opened).toHaveLength(1);
    expect(next.opened[0]).toEqual([...saved]);
    expect(isSetAside(next)).toBe(false);
    expect(journal.sets).toEqual([]);
  },
);

test("own edits made since are set aside in turn, and a second sequence takes nothing from the first", async () => {
  const page = await openPage(SAVED);
  await page.begin();
  await page.begin();
  expect(journal.sets).toHaveLength(2);
  page.stack.getState().adopt(stackOf([true]));
  page.lifelong.getState().recognise(stackOf([true]), MODEL.hash);
  await page.limits.putBack();
  expect(journal.sets).toHaveLength(2);
  expect(page.lab.calls.findLast(({ method }) => method === "putEditsBack")?.request).toEqual({
    keepPresent: true,
  });
  expect(isSetAside(page)).toBe(true);
});

test("what an earlier version kept in localStorage goes to the lab, and stays where it is until it is there", async () => {
  const key = `palimpsest.aside.${MODEL.hash}`;
  kept.set(key, btoa(String.fromCharCode(...SAVED)));
  journal.refuses = true;
  const refused = await openPage(SAVED);
  await vi.waitFor(() => expect(isSetAside(refused)).toBe(true));
  await refused.limits.putBack();
  expect(refused.opened).toEqual([[...SAVED]]);
  expect(kept.has(key)).toBe(true);

  journal.refuses = false;
  const page = await openPage(SAVED);
  await vi.waitFor(() => expect(isSetAside(page)).toBe(true));
  expect(kept.has(key)).toBe(false);
  expect(journal.sets).toEqual([[...SAVED]]);
});

test("a list too poor for a sequence is told with what was left out of it", async () => {
  const page = await openPage(new Uint8Array(8), []);
  page.facts.getState().take([{ prompt: "The capital of {} is", subject: "Chad" }], "pasted facts");
  await page.limits.startLifelong();
  const [notice] = page.notices.getState().notices;
  expect(notice?.title).toBe("There are too few facts for a sequence.");
  expect(notice?.text).toContain("Left out: 1 of 1, first fact 1 (“Chad”): The fact names no answer.");
  expect(page.lifelong.getState().runs).toEqual([]);
});

test("what storage refuses is told, and stays as long as the page", async () => {
  journal.refuses = true;
  const page = await openPage(SAVED);
  await page.begin();
  expect(page.notices.getState().notices.map(({ title }) => title)).toEqual([
    "This browser cannot keep your own edits beside the run.",
  ]);
  expect(isSetAside(page)).toBe(true);
  await page.limits.putBack();
  expect(page.opened).toEqual([[...SAVED]]);
  expect(isSetAside(page)).toBe(false);
});

test("edits that cannot be put back stay set aside, and why is told", async () => {
  const page = await openPage(SAVED);
  await page.begin();
  page.lab.putEditsBack = () => Promise.reject(new AppError("bad-edit-file", "The file is damaged."));
  await page.limits.putBack();
  expect(page.notices.getState().notices.map(({ title }) => title)).toContain("The file is damaged.");
  expect(isSetAside(page)).toBe(true);
});

test("no sequence begins where own edits could not be taken off the model", async () => {
  const page = await openPage(SAVED);
  page.lab.saveEdits = () => Promise.reject(new AppError("worker-lost", "The worker is gone."));
  await page.begin();
  expect(page.lifelong.getState().runs).toEqual([]);
  expect(page.notices.getState().notices.map(({ title }) => title)).toContain("The worker is gone.");
  expect(page.stack.getState().stack?.edits).toHaveLength(1);
});
