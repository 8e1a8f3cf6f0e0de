/** The user's own edits make way for a sequence and come back, also when the page was closed in between. */
import { beforeEach, expect, test, vi } from "vitest";
import type { LifelongPoint } from "../domain/lifelong";
import { createFakeLab, MODEL } from "./testing/fakeLab";
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

async function openPage(saved: Uint8Array<ArrayBuffer>, own = FACTS) {
  const opened: number[][] = [];
  const point = (edits: number): LifelongPoint => ({
    ...{ edits, efficacy: MEANS, paraphrases: null, neighbourhood: null, untouched: MEANS, retention: [] },
    ...{ perplexity: null, norms: [], interference: { untouched: [], edited: [] } },
    ...{ stackEdits: edits, weightHash: `${edits}`, milliseconds: 1 },
  });
  const lab = createFakeLab({
    knownFacts: () => Promise.resolve({ facts: own }),
    saveEdits: () => Promise.resolve({ bytes: saved }),
    continueLifelong: ({ done, every }) => Promise.resolve(point(done + every)),
    openEdits: ({ bytes }) => {
      opened.push([...bytes]);
      return createFakeLab().openEdits({ bytes, fileName: "", acceptOtherRevision: false });
    },
  });
  const workspace = createWorkspace(lab);
  workspace.begin({ model: MODEL.ref, examples: [] }, undefined);
  await vi.waitFor(() => expect(workspace.stores.model.getState().model).toBeDefined());
  return { lab, opened, ...workspace, ...workspace.stores };
}

test("set aside, kept through a new page, put back to the byte, and then forgotten", async () => {
  const saved = Uint8Array.from({ length: 300 }, (_, at) => (7 * at) % 256);
  const first = await openPage(saved);
  first.stack.getState().adopt({ ...(await createFakeLab().openEdits({} as never)) });
  first.lifelong.getState().setForm({ count: 4, every: 4 });
  await first.limits.startLifelong();
  expect(first.lifelong.getState()).toMatchObject({ isSetAside: true, step: { status: "done" } });

  const next = await openPage(saved);
  expect(next.lifelong.getState().isSetAside).toBe(true);
  await next.limits.putBack();
  expect(next.opened).toEqual([[...saved]]);
  expect(next.lifelong.getState().isSetAside).toBe(false);
  expect((await openPage(saved)).lifelong.getState().isSetAside).toBe(false);
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

test("what is too large to be kept is told, and stays as long as the page", async () => {
  const saved = new Uint8Array(2 ** 22);
  const page = await openPage(saved);
  page.stack.getState().adopt({ ...(await createFakeLab().openEdits({} as never)) });
  page.lifelong.getState().setForm({ count: 4, every: 4 });
  await page.limits.startLifelong();
  expect(page.notices.getState().notices.map(({ title }) => title)).toEqual([
    "This browser cannot keep your own edits beside the run.",
  ]);
  expect(page.lifelong.getState().isSetAside).toBe(true);
  await page.limits.putBack();
  expect(page.opened[0]).toHaveLength(saved.length);
});
