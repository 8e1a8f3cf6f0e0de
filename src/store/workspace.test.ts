/** What the user does, told through several stores at once. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { AppError } from "../lib/errors";
import type { TraceRequest } from "../domain/trace";
import type { Example, Gallery, StoredResult } from "./gallery";
import { createFakeLab, EDIT_RESULT, MODEL, stackOf, traceResult, type FakeLab } from "./testing/fakeLab";
import { createWorkspace } from "./workspace";

const PERU: Example = {
  id: "peru",
  category: "Places",
  template: "The capital of {} is",
  subject: "Peru",
  answer: "Lima",
  target: "Oslo",
  stored: "stored.json",
  paraphrases: ["Peru has its capital in"],
  neighbours: [{ prompt: "The capital of Chile is", subject: "Chile", target: "Santiago" }],
};
const GALLERY: Gallery = { model: "embedded:tiny", examples: [PERU] };

const kept = new Map<string, string>();
beforeEach(() => {
  kept.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
  vi.stubGlobal("location", { hash: "" });
});

/** The page with its model loaded and nothing traced yet. */
async function begun(overrides: Parameters<typeof createFakeLab>[0] = {}) {
  const lab = createFakeLab(overrides);
  const workspace = createWorkspace(lab);
  workspace.begin(GALLERY, undefined);
  await vi.waitFor(() => expect(workspace.stores.model.getState().model).toBeDefined());
  return { lab, workspace, ...workspace.stores };
}

async function opened(overrides: Parameters<typeof createFakeLab>[0] = {}) {
  const page = await begun(overrides);
  await page.workspace.openExample(PERU);
  return page;
}

describe("an example", () => {
  test("fills the prompt, the edit and its probes, and is traced", async () => {
    const { prompt, edit, trace, ask } = await opened();
    expect(prompt.getState()).toMatchObject({
      text: "The capital of Peru is",
      subject: { start: 15, end: 19 },
    });
    expect(edit.getState().form).toMatchObject({
      targetNew: "Oslo",
      targetTrue: "Lima",
      paraphrases: PERU.paraphrases,
    });
    expect(trace.getState().shown?.view).toBe("state");
    expect(ask.getState().lastNext?.now[0]?.text).toBe(" Lima");
    expect(ask.getState().lastNext?.before).toBeUndefined();
  });

  describe("with a stored result", () => {
    const question = { prompt: "The capital of Peru is", subject: { start: 15, end: 19 } };
    const stored = (): StoredResult => ({
      example: "peru",
      trace: traceResult({ ...question, kind: "state", window: 10, samples: 10, seed: 1 } as TraceRequest),
      edit: { ...EDIT_RESULT, stack: stackOf([]) },
    });
    const traces = (lab: FakeLab) => lab.calls.filter(({ method }) => method === "trace").length;
    const ours = { load: () => Promise.resolve({ ...MODEL, ref: GALLERY.model }) };

    test("shows it at once and traces nothing", async () => {
      const { workspace, lab, trace, edit } = await begun(ours);
      await workspace.openExample(PERU, Promise.resolve(stored()));
      expect(traces(lab)).toBe(0);
      expect(trace.getState().shown).toMatchObject({ stored: true });
      expect(edit.getState()).toMatchObject({ isStored: true });
    });

    test.each([
      ["of another example", { ...ours }, { example: "chile" }, false],
      ["of another model", { load: () => Promise.resolve({ ...MODEL, ref: "other" }) }, {}, false],
      ["of the model without the edit that is on it", { ...ours }, {}, true],
    ])("%s is passed over for a live trace", async (_, overrides, change, isEdited) => {
      const { workspace, lab, trace, edit } = await begun(overrides);
      if (isEdited) await workspace.edit();
      await workspace.openExample(PERU, Promise.resolve({ ...stored(), ...change }));
      expect(trace.getState().shown).not.toMatchObject({ stored: true });
      expect(edit.getState().isStored).toBe(false);
      expect(traces(lab)).toBe(1);
    });

    test("comes too late for another question", async () => {
      const { workspace, trace } = await begun(ours);
      workspace.type("");
      let deliver: (result: StoredResult) => void = () => undefined;
      const opening = workspace.openExample(PERU, new Promise((resolve) => (deliver = resolve)));
      await vi.waitFor(() => expect(workspace.stores.prompt.getState().text).toBe("The capital of Peru is"));
      workspace.type("The capital of Chile is");
      deliver(stored());
      await opening;
      expect(trace.getState().shown).toBeUndefined();
    });
  });

  test("is left behind by another question", async () => {
    const { workspace, edit, trace } = await opened();
    workspace.type("The capital of Chile is");
    await workspace.settle();
    expect(edit.getState().form).toMatchObject({ targetNew: "", targetTrue: "Lima", paraphrases: [] });
    expect(trace.getState().shown).toBeUndefined();
  });
});

describe("an edit", () => {
  test("is requested as the form says, and the next words are compared with those before", async () => {
    const { workspace, lab, stack, ask, edit } = await opened();
    edit.getState().setSetting("steps", 5);
    workspace.editHere({ token: 3, layer: 0 });
    await workspace.edit();
    expect(lab.calls.find(({ method }) => method === "edit")?.request).toMatchObject({
      method: "ROME",
      settings: { steps: 5, layer: 0 },
      requests: [{ prompt: "The capital of {} is", subject: "Peru", targetNew: "Oslo", targetTrue: "Lima" }],
    });
    expect(stack.getState().stack?.line).toBe("base + 1 edits");
    expect(ask.getState().lastNext?.now[0]?.text).toBe(" Oslo");
    expect(ask.getState().lastNext?.before?.[0]?.text).toBe(" Lima");
  });

  test("switched off, the model answers as before and there is nothing to compare", async () => {
    const { workspace, stack, ask, trace } = await opened();
    await workspace.edit();
    await workspace.changeView("difference");
    expect(trace.getState().shown?.view).toBe("difference");
    await workspace.changeStack(() => stack.getState().setEnabled("e1", false));
    expect(ask.getState().lastNext).toMatchObject({ before: undefined });
    expect(ask.getState().lastNext?.now[0]?.text).toBe(" Lima");
    expect(trace.getState().view).toBe("state");
  });

  test("that fails leaves what was shown and says why", async () => {
    const refused = new AppError("singular-matrix", "The second moment is singular.", "Give more text.");
    const { workspace, edit, stack } = await opened({ edit: () => Promise.reject(refused) });
    await workspace.edit();
    expect(edit.getState().run).toMatchObject({ status: "failed", error: { code: "singular-matrix" } });
    expect(stack.getState().stack?.edits).toEqual([]);
  });

  test("of another model is refused; of another revision it can be opened anyway", async () => {
    let insisted = false;
    const { workspace, stack } = await opened({
      openEdits: ({ acceptOtherRevision }) => {
        insisted = acceptOtherRevision;
        if (acceptOtherRevision) return Promise.resolve(stackOf([true]));
        return Promise.reject(new AppError("wrong-model", "Made elsewhere.", "", { canAccept: true }));
      },
    });
    await workspace.openEdits(new File([new Uint8Array(4)], "x.palimpsest"));
    expect(stack.getState().refusedFile?.name).toBe("x.palimpsest");
    await workspace.openRefused();
    expect(insisted).toBe(true);
    expect(stack.getState()).toMatchObject({ refusedFile: undefined, stack: { line: "base + 1 edits" } });
  });
});

describe("a model", () => {
  test("that cannot be loaded gives way to the one before, and the page says so", async () => {
    const { workspace, model, notices } = await opened({
      load: ({ source }) =>
        source.kind === "embedded"
          ? Promise.resolve(MODEL)
          : Promise.reject(new AppError("not-this-format", "holiday.gguf is no GGUF file.")),
    });
    expect(await workspace.load({ kind: "hub", repository: "a/b", revision: "main" })).toBe(false);
    expect(model.getState().model?.ref).toBe(MODEL.ref);
    expect(notices.getState().notices.at(-1)).toMatchObject({
      tone: "bad",
      title: "holiday.gguf is no GGUF file.",
    });
  });

  test("that was lost comes back with the edits, and the user is told", async () => {
    const { workspace, lab, notices, stack } = await opened();
    await workspace.edit();
    await workspace.hear({ kind: "restarting", error: new AppError("worker-lost", "The worker stopped.") });
    expect(notices.getState().notices.at(-1)?.tone).toBe("bad");
    await workspace.hear({ kind: "restarted", model: MODEL });
    expect(notices.getState().notices.at(-1)?.tone).toBe("good");
    expect(lab.calls.at(-1)?.method).toBe("stack");
    expect(stack.getState().stack?.edits).toHaveLength(1);
  });
});

test("the question is remembered for the next visit", async () => {
  const { workspace } = await opened();
  workspace.type("The capital of Chile is");
  const next = createWorkspace(createFakeLab());
  next.begin(GALLERY, undefined);
  expect(next.stores.prompt.getState().text).toBe("The capital of Chile is");
});

test("what an edit changed comes back with it in the next visit", async () => {
  const before = await opened();
  await before.workspace.edit();
  const next = createWorkspace(before.lab);
  next.begin(GALLERY, undefined);
  await vi.waitFor(() => expect(next.stores.edit.getState().result).toBeDefined());
  expect(next.stores.edit.getState()).toMatchObject({ isEarlier: true, isStored: false });
});

describe("a link made with another model", () => {
  const openedAt = async (model: string) => {
    vi.stubGlobal("location", { hash: `#prompt=The+capital+of+Peru+is&start=15&end=19&model=${model}` });
    const lab = createFakeLab();
    const workspace = createWorkspace(lab);
    workspace.begin(GALLERY, undefined);
    await vi.waitFor(() => expect(workspace.stores.model.getState().model).toBeDefined());
    return { lab, workspace, notice: workspace.stores.notices.getState().notices[0] };
  };

  test("that is with the page is offered, not opened", async () => {
    const { lab, notice } = await openedAt("embedded:other");
    expect(notice).toMatchObject({ title: "This link was made with other.", action: { label: "Load it" } });
    const loads = () => lab.calls.filter(({ method }) => method === "load").map(({ request }) => request);
    expect(loads()).toEqual([{ source: { kind: "embedded", name: "tiny" } }]);
    notice?.action?.run();
    expect(loads().at(-1)).toEqual({ source: { kind: "embedded", name: "other" } });
  });

  test("that is on the hub is looked at only when the user wants to", async () => {
    const { lab, workspace, notice } = await openedAt("hf:a/b@0123");
    expect(notice?.text).toContain("on the hub");
    expect(lab.calls.some(({ method }) => method === "inspectModel")).toBe(false);
    notice?.action?.run();
    expect(workspace.stores.sheet.getState().sheet).toBe("models");
    expect(workspace.stores.picker.getState().hubText).toBe("a/b@0123");
    expect(lab.calls.some(({ method }) => method === "inspectModel")).toBe(true);
  });

  test("that was a file can only be chosen again", async () => {
    const { lab, workspace, notice } = await openedAt("SmolLM2.Q4_1.gguf");
    expect(notice).toMatchObject({ action: { label: "Choose a model" } });
    notice?.action?.run();
    expect(workspace.stores.sheet.getState().sheet).toBe("models");
    expect(lab.calls.some(({ method }) => method === "inspectModel")).toBe(false);
  });

  test("is not mentioned when it is the same", async () => {
    expect((await openedAt("embedded:tiny")).notice).toBeUndefined();
  });
});

describe("a job that comes near the memory's limit", () => {
  const near = { job: 2e9, held: 3.9e9, limit: { bytes: 2 ** 32, isHard: true } };
  const openedNear = () => opened({ forecast: () => Promise.resolve(near) });
  const jobs = (lab: { calls: { method: string }[] }, method: string) =>
    lab.calls.filter((call) => call.method === method).length;

  test("waits for the user's word, with what it would take", async () => {
    const { workspace, lab, caution, trace } = await openedNear();
    expect(jobs(lab, "trace")).toBe(0);
    expect(caution.getState().trace).toEqual(near);
    await workspace.traceAnyway();
    expect(jobs(lab, "trace")).toBe(1);
    expect(trace.getState().shown).toBeDefined();
    expect(caution.getState().trace).toBeUndefined();
    await workspace.edit();
    expect(jobs(lab, "edit")).toBe(0);
    await workspace.edit(true);
    expect(jobs(lab, "edit")).toBe(1);
  });

  test("is forgotten with the question", async () => {
    const { workspace, caution } = await openedNear();
    workspace.type("The capital of Chile is");
    await workspace.settle();
    expect(caution.getState().trace).toBeUndefined();
  });

  test("a forecast that fails stops nothing", async () => {
    const { lab } = await opened({ forecast: () => Promise.reject(new Error("no")) });
    expect(jobs(lab, "trace")).toBe(1);
  });
});
