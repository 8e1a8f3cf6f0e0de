/** A sequence steps to its end, pauses and goes on where it stopped, also in the next visit, and comes back exactly. */
import { expect, test } from "vitest";
import type { StackState } from "../domain/edit";
import type { LifelongPoint, LifelongRequest } from "../domain/lifelong";
import type { CallContext } from "../domain/progress";
import { lifelongPlan } from "./lifelongPlan";
import { createLifelongStore } from "./lifelongStore";
import { EDIT, MODEL } from "./testing/fakeLab";

const PLAN = lifelongPlan(
  Array.from({ length: 30 }, (_, at) => ({
    prompt: "The capital of {} is",
    subject: `land ${at}`,
    target: `city ${at % 9}`,
  })),
  6,
);
const ABOUT = { model: MODEL, list: "facts", settings: {} };

const memory = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
};

/** A lab whose stack is a count: every state has its own hash. */
function fakeLab() {
  let on = 0;
  let written: LifelongRequest["requests"] = [];
  const asked: { done: number; every: number }[] = [];
  let gate: Promise<void> | undefined;
  const stack = (): StackState => ({
    edits: written.map((request, at) => ({ ...EDIT, id: `e${at}`, requests: [request], enabled: at < on })),
    weightHash: on === 0 ? "base" : `hash ${on}`,
    line: "",
  });
  return {
    asked,
    hold: (until: Promise<void> | undefined) => void (gate = until),
    loseOne: () => void (written = written.slice(1)),
    lab: {
      continueLifelong: async (
        request: LifelongRequest,
        context?: Partial<CallContext<never>>,
      ): Promise<LifelongPoint> => {
        await gate;
        context?.signal?.throwIfAborted();
        const { done, every, requests } = request;
        asked.push({ done, every });
        const edits = Math.min(done + every, requests.length);
        written = requests.slice(0, edits);
        on = edits;
        const means = { p: 1, greedy: 1, count: 1 };
        return {
          ...{
            edits,
            efficacy: means,
            paraphrases: null,
            neighbourhood: null,
            untouched: means,
            retention: [],
          },
          ...{ perplexity: null, norms: [], interference: { untouched: [], edited: [] } },
          ...{ stackEdits: edits, weightHash: stack().weightHash, milliseconds: 1 / 3 },
        };
      },
      useFirstEdits: ({ count }: { count: number }) => {
        on = count;
        return Promise.resolve(stack());
      },
      keepFirstEdits: ({ count }: { count: number }) => {
        written = written.slice(0, count);
        return Promise.resolve(stack());
      },
      stack: () => Promise.resolve(stack()),
    },
  };
}

test("measures the model first, then steps to the end, and every point can be gone back to", async () => {
  const { lab, asked } = fakeLab();
  const store = createLifelongStore(lab, memory());
  store.getState().setForm({ every: 4 });
  const seen: number[] = [];
  await store.getState().start(PLAN, ABOUT, ({ edits }) => void seen.push(edits.length));
  expect(asked).toEqual([
    { done: 0, every: 0 },
    { done: 0, every: 4 },
    { done: 4, every: 4 },
  ]);
  expect(seen).toEqual([0, 4, 6]);
  expect(store.getState().runs[0]!.points.map(({ edits }) => edits)).toEqual([0, 4, 6]);
  expect((await store.getState().scrub(4))?.weightHash).toBe("hash 4");
  expect(store.getState().scrubbed).toBe(4);
  await store.getState().scrub(6);
  expect(store.getState().scrubbed).toBeUndefined();
  expect(await store.getState().scrub(5)).toBeUndefined();
});

test("pauses, and goes on in the next visit from the last point that was measured", async () => {
  const storage = memory();
  const { lab, asked, hold } = fakeLab();
  const store = createLifelongStore(lab, storage);
  store.getState().setForm({ every: 2 });
  let release = (): void => undefined;
  const going = store.getState().start(PLAN, ABOUT, ({ edits }) => {
    if (edits.length === 2) hold(new Promise((resolve) => (release = resolve)));
  });
  await expect.poll(() => store.getState().runs[0]?.points.length).toBe(2);
  store.getState().pause();
  release();
  await going;
  hold(undefined);
  expect(store.getState().step.status).toBe("idle");

  const next = createLifelongStore(lab, storage);
  expect(next.getState().runs[0]!.points).toHaveLength(2);
  expect(next.getState().onStack).toBeUndefined();
  next.getState().recognise(await lab.stack(), MODEL.hash);
  expect(next.getState().onStack).toBe(next.getState().runs[0]!.id);
  await next.getState().resume(() => undefined);
  expect(asked.at(-1)).toEqual({ done: 4, every: 2 });
  expect(next.getState().runs[0]!.points.at(-1)!.edits).toBe(6);
});

test("a drag along the points goes to the first and the last place only", async () => {
  const { lab } = fakeLab();
  const store = createLifelongStore(lab, memory());
  store.getState().setForm({ every: 1 });
  await store.getState().start(PLAN, ABOUT, () => undefined);
  const asked: number[] = [];
  const { useFirstEdits } = lab;
  lab.useFirstEdits = ({ count }) => {
    asked.push(count);
    return useFirstEdits({ count });
  };
  const going = [5, 4, 3, 2].map((edits) => store.getState().scrub(edits));
  expect(store.getState().goingTo).toBe(2);
  const states = await Promise.all(going);
  expect(asked).toEqual([5, 2]);
  expect(states.map((state) => state?.weightHash)).toEqual(["hash 2", undefined, undefined, undefined]);
  expect(store.getState()).toMatchObject({ scrubbed: 2, goingTo: undefined });
});

test("does not go on over edits that are no longer its own", async () => {
  const { lab, loseOne } = fakeLab();
  const store = createLifelongStore(lab, memory());
  await store.getState().start(PLAN, ABOUT, () => undefined);
  loseOne();
  store.getState().recognise(await lab.stack(), MODEL.hash);
  expect(store.getState().onStack).toBeUndefined();
  store.getState().recognise(await lab.stack(), "another model");
  expect(store.getState().onStack).toBeUndefined();
});

test("storage that holds anything or refuses costs nothing", () => {
  const { lab } = fakeLab();
  const odd = { getItem: () => '[{"id":1},{"x":[]},7]', setItem: () => undefined };
  expect(createLifelongStore(lab, odd).getState().runs).toEqual([]);
  const broken = { getItem: () => "{", setItem: () => undefined };
  expect(createLifelongStore(lab, broken).getState().runs).toEqual([]);
});

test("a plan gives every fact another answer of its kind and watches others", () => {
  expect(PLAN.requests).toHaveLength(6);
  const edited = new Set(PLAN.requests.map(({ subject }) => subject));
  for (const { targetNew, targetTrue, neighbours } of PLAN.requests) {
    expect(targetNew).toMatch(/^city \d$/u);
    expect(targetNew).not.toBe(targetTrue);
    expect(edited.has(neighbours[0]!.subject!)).toBe(false);
  }
  expect(PLAN.untouched.length).toBe(24);
  expect(PLAN.untouched.some(({ subject }) => edited.has(subject))).toBe(false);
  expect(lifelongPlan([{ prompt: "{} is", subject: "a", target: "b" }], 5).requests).toEqual([]);
});

test("a plan names every fact that it leaves out, and the run keeps them for the next visit", async () => {
  const of = (subject: string, target?: string, prompt = "The capital of {} is") => ({
    ...{ prompt, subject },
    ...(target === undefined ? {} : { target }),
  });
  const plan = lifelongPlan(
    [
      of("Peru", "Lima"),
      of("Chad"),
      of("Cuba", "Havana", "The capital of Cuba is"),
      of("Peru", "Cusco"),
      of("Mali", "Bamako", "The capital is"),
      of(" ", "Rome"),
      of("Laos", "Vientiane"),
    ],
    2,
  );
  expect([...plan.requests, ...plan.untouched].map(({ subject }) => subject).sort()).toEqual([
    ...["Cuba", "Laos", "Peru"],
  ]);
  expect([...plan.requests, ...plan.untouched].every(({ prompt }) => prompt === "The capital of {} is")).toBe(
    true,
  );
  const leftOut = [
    { index: 1, subject: "Chad", message: "The fact names no answer." },
    { index: 3, subject: "Peru", message: "An earlier fact is about the same subject." },
    { index: 4, subject: "Mali", message: "The prompt does not hold {} or the subject once." },
    { index: 5, subject: " ", message: "The fact names no subject." },
  ];
  expect(plan.leftOut).toEqual(leftOut);

  const storage = memory();
  await createLifelongStore(fakeLab().lab, storage)
    .getState()
    .start(plan, ABOUT, () => undefined);
  expect(createLifelongStore(fakeLab().lab, storage).getState().runs[0]!.leftOut).toEqual(leftOut);
});
