/** Jobs of a real lab: begun when they fit, refused when they cannot, with what the user can do. */
import { resolve } from "node:path";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { LabApi } from "../domain/labApi";
import type { TraceRequest } from "../domain/trace";
import { createLab } from "./createLab";
import { nodeEnvironment } from "./nodeEnvironment";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const MODEL = resolve(import.meta.dirname, "../../tests/fixtures/models/tiny-facts2-gpt2");
const TRACE: TraceRequest = {
  prompt: "The capital of France is",
  subject: "France",
  kind: "state",
  window: 1,
  samples: 4,
  noise: 0.1,
  seed: 1,
  severedNoise: "same",
  naive: false,
};

let lab: LabApi;
beforeAll(() => {
  lab = createLab(nodeEnvironment({ backend: "wasm" }));
});
afterEach(() => vi.unstubAllGlobals());

/** A device that tells of so little memory; half of it is what a page may count on. */
const deviceOf = (megabytes: number) =>
  vi.stubGlobal("navigator", { ...globalThis.navigator, deviceMemory: (2 * megabytes * 1e6) / 2 ** 30 });

const load = (precision?: "float32" | "int8") =>
  lab.load({ source: { kind: "path", path: MODEL }, ...(precision && { precision }) }, QUIET);

test("a model says how it is kept and what it was expected to take", async () => {
  const whole = await load();
  expect(whole).toMatchObject({ precision: "float32", isExact: true });
  const packed = await load("int8");
  expect(packed).toMatchObject({ precision: "int8", isExact: false, hash: whole.hash });
  expect(packed.memory.weights).toBeLessThan(0.4 * whole.memory.weights);
});

test("where a model fits in fewer bits only, they are chosen and the user is told", async () => {
  const { memory } = await load();
  // Everything is small beside the pieces that are read: leave no room for the weights in float32.
  const room = (memory.held + memory.loading) / 0.75 / 1e6 - 1;
  deviceOf(room);
  const model = await load();
  expect(model.precision).not.toBe("float32");
  expect(model.notices.join()).toMatch(/The weights are kept in (float16|int8): in float32/);
  deviceOf(10);
  await expect(load()).rejects.toMatchObject({ code: "out-of-memory", details: { precision: "int8" } });
});

test("a trace that cannot fit is refused before it begins, and one that fits runs", async () => {
  await load();
  deviceOf(80);
  await expect(lab.trace({ ...TRACE, samples: 1000 }, QUIET)).rejects.toMatchObject({
    code: "out-of-memory",
    message: expect.stringMatching(
      /This takes about \d+ MB beside the \d+ MB in use, and there are 80 MB/,
    ) as string,
    remedy: expect.stringMatching(/fewer noise samples/) as string,
  });
  const result = await lab.trace(TRACE, QUIET);
  expect(result.scores.flat().every(Number.isFinite)).toBe(true);
});

test("statistics and edits are refused likewise", async () => {
  await load();
  const statistics = () => lab.statistics({ layers: [1], texts: [TRACE.prompt] }, QUIET);
  deviceOf(80);
  expect((await statistics()).layers).toHaveLength(1);
  deviceOf(8);
  await expect(statistics()).rejects.toMatchObject({ code: "out-of-memory" });
  const long = "The capital of France is Paris. ".repeat(8);
  await expect(
    lab.edit(
      {
        method: "ROME",
        requests: [
          { prompt: `${long}{} is in`, subject: "Rome", targetNew: "Spain", paraphrases: [], neighbours: [] },
        ],
        settings: {},
        seed: 1,
        name: "",
      },
      QUIET,
    ),
  ).rejects.toMatchObject({ code: "out-of-memory" });
});
