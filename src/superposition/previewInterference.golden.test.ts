/** An edit told beforehand and measured afterwards, on a list of facts: the same numbers, method by method. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EditCall, EditMethod, LowRankUpdate } from "../domain/edit";
import type { Fact } from "../domain/superposition";
import { computeEdit } from "../editing/computeEdit";
import { EditStack } from "../editing/stack";
import type { Statistics } from "../editing/statistics";
import { memitContexts, openMoments } from "../editing/testing/factCases";
import { openRomeCase, ROME_MODELS } from "../editing/testing/romeCases";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { norm } from "../linalg/norms";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { readFixture } from "../../tests/sharedFixtures";
import { compareInterference } from "./compareInterference";
import { locateFacts } from "./locateFacts";
import { predictNeighbourShares } from "./neighbourShares";
import { previewInterference } from "./previewInterference";

const SUBJECTS = ["Portugal", "Greece", "Poland", "Denmark", "Finland", "Iceland", "Netherlands", "Serbia"];
const FACTS: Fact[] = [
  ...SUBJECTS.map((subject) => ({ prompt: "The capital of {} is", subject })),
  ...SUBJECTS.map((subject) => ({ prompt: "{} is located in the continent of", subject })),
  { prompt: "It lies in", subject: "Nowhere" },
];
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
/** One layer each; two requests where the method takes a batch. */
const METHODS: readonly [EditMethod, EditCall["settings"], number][] = [
  ["ROME", { layer: 1, steps: 4 }, 1],
  ["R-ROME", { layer: 1, steps: 4 }, 1],
  ["MEMIT", { editLayers: [1], steps: 4 }, 2],
  ["EMMET", { layer: 1, steps: 4 }, 2],
  ["PMET", { editLayers: [1], steps: 4 }, 2],
  ["AlphaEdit", { editLayers: [1], steps: 4 }, 2],
];
/** One layer each, without shares to be told beforehand or told per chunk. */
const OTHERS: readonly [EditMethod, EditCall["settings"]][] = [
  ["AnyEdit", { editLayers: [1], window: 2, steps: 3 }],
  ["AnyEdit", { inner: "AlphaEdit", editLayers: [1], window: 2, steps: 3, nullSpaceThreshold: 0.1 }],
  ["FT-L", { layer: 1, steps: 3 }],
  ["FT-M", { layer: 1, steps: 3 }],
];
const LONG = " the capital of Norway, a city by the sea";

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(ROME_MODELS)("%s", (name) => {
  let model: Model;
  let statistics: Statistics;
  let memit: string[];
  let rome: Awaited<ReturnType<typeof openRomeCase>>;
  beforeAll(async () => {
    model = await loadFixture(readFixture, name);
    statistics = await openMoments(`editing/${name}/second_moments/tensors.safetensors`, "C.", [1]);
    memit = await memitContexts(name);
    rome = await openRomeCase(readFixture, name, "rome_1_mom2");
    // The first pass makes what the model keeps: tables of rotations.
    await previewInterference(model, callOf("ROME", { layer: 1 }, 1), FACTS, { contexts: rome.contexts, statistics }); // prettier-ignore
  });
  afterAll(() => model.dispose());

  const callOf = (method: EditMethod, settings: EditCall["settings"], requests: number): EditCall => {
    const other = { ...rome.editRequest, subject: SUBJECTS[3]! };
    return { method, requests: [rome.editRequest, other].slice(0, requests), settings, seed: 1 };
  };

  test.each(METHODS)("%s: predicted and measured change agree to 1e-4", async (method, settings, count) => {
    const call = callOf(method, settings, count);
    const contexts = count === 1 ? rome.contexts : memit;
    const before = memory();
    const preview = await previewInterference(model, call, FACTS, { contexts, statistics });
    expect(memory()).toEqual(before);
    expect(preview).toMatchObject({
      kept: FACTS.slice(0, -1).map((_, at) => at),
      requests: count,
      warnings: [],
    });
    expect(preview.skipped).toMatchObject([{ index: FACTS.length - 1, reason: "subject-not-in-prompt" }]);
    const [coefficients] = preview.layers;
    expect(coefficients).toMatchObject({ layer: 1, exact: true });

    const { edit, intermediates } = await computeEdit(model, call, { ...QUIET, contexts, statistics });
    const stack = new EditStack(model.weights, model.hash);
    const { texts } = locateFacts(model, FACTS);
    const [check] = await compareInterference({
      model,
      updates: edit.updates,
      texts,
      below: (body) => body(),
      edited: async (body) => {
        await stack.add(edit);
        return body();
      },
    });
    await stack.clear();
    expect(memory()).toEqual(before);
    expect(check!.relativeError).toBeLessThan(1e-4);
    expect(check!.facts).toHaveLength(FACTS.length - 1);

    // What was told beforehand, times what each request was to change, is what was measured.
    const residuals = residualsOf(edit.updates[0] as LowRankUpdate, intermediates, count);
    check!.facts.forEach(({ measured }, fact) => {
      const sum = new Float64Array(residuals[0]!.length);
      residuals.forEach((residual, request) => {
        const share = coefficients!.coefficients[request * check!.facts.length + fact]!;
        residual.forEach((value, row) => (sum[row]! += share * value));
      });
      const largest = Math.max(...check!.facts.map((one) => one.measured));
      expect(Math.abs(norm(sum) - measured)).toBeLessThan(1e-3 * largest);
    });
  });

  test.each(OTHERS)("%s %j: predicted and measured change agree to 1e-4", async (method, settings) => {
    const call = callOf(method, settings, 1);
    const requests = [{ ...rome.editRequest, targetNew: LONG }];
    const { edit, intermediates } = await computeEdit(model, { ...call, requests }, { ...QUIET, contexts: ["{}"], statistics }); // prettier-ignore
    const stack = new EditStack(model.weights, model.hash);
    const { texts } = locateFacts(model, FACTS);
    const [check] = await compareInterference({
      model,
      updates: edit.updates,
      texts,
      below: (body) => body(),
      edited: async (body) => {
        await stack.add(edit);
        return body();
      },
    });
    await stack.clear();
    expect(check!.relativeError).toBeLessThan(1e-4);
    if (method !== "AnyEdit") return;

    // Told per chunk, and equal to what the edit's own factors put on each fact.
    const preview = await previewInterference(model, { ...call, requests }, FACTS, { contexts: ["{}"], statistics }); // prettier-ignore
    const update = edit.updates[0] as LowRankUpdate;
    expect(preview.requests).toBe(update.rank);
    expect(preview.chunks).toHaveLength(update.rank);
    expect(preview.chunks!.map(({ text }) => text).join("")).toContain("the capital of Norway");
    expect(preview.chunks!.map(({ start }) => start)).toEqual(preview.chunks!.map((_, at) => 2 * at));
    const { coefficients, exact } = preview.layers[0]!;
    expect(exact).toBe(true);
    const residuals = residualsOf(update, intermediates, update.rank);
    const largest = Math.max(...check!.facts.map(({ measured }) => measured));
    check!.facts.forEach(({ measured }, fact) => {
      const sum = new Float64Array(update.out);
      residuals.forEach((residual, chunk) => {
        const share = coefficients[chunk * check!.facts.length + fact]!;
        residual.forEach((value, row) => (sum[row]! += share * value));
      });
      expect(Math.abs(norm(sum) - measured)).toBeLessThan(1e-3 * largest);
    });
  });

  test("several layers: the lowest is exact, the others say that they are not", async () => {
    const all = await openMoments(`editing/${name}/second_moments/tensors.safetensors`, "C.", [0, 1, 2]);
    const call = callOf("MEMIT", { editLayers: [0, 1, 2] }, 2);
    const preview = await previewInterference(model, call, FACTS, { contexts: memit, statistics: all });
    expect(preview.layers.map(({ layer, exact }) => [layer, exact])).toEqual([[0, true], [1, false], [2, false]]); // prettier-ignore
    expect(preview.warnings.join()).toMatch(/above layer 0 move/);
  });

  test("the edited fact itself takes all of it, and strength ranks", async () => {
    const { prompt, subject } = rome.editRequest;
    const preview = await previewInterference(model, callOf("R-ROME", { layer: 1, key: "bare" }, 1), [{ prompt, subject }, ...FACTS], { contexts: ["{}"], statistics }); // prettier-ignore
    const { coefficients, strength } = preview.layers[0]!;
    expect(coefficients[0]).toBeCloseTo(1, 5);
    expect(strength[0]).toBeCloseTo(1, 5);
    expect(Math.max(...strength.subarray(1))).toBeLessThan(1.5);
  });

  test("shares of an edit's own neighbours are the coefficients told beforehand", async () => {
    const { prompt } = rome.editRequest;
    const neighbours = [
      { prompt, subject: SUBJECTS[0]! },
      { prompt: "Nobody is named here" },
      { prompt: `The capital of ${SUBJECTS[1]!} is`, subject: SUBJECTS[1]! },
    ];
    const call = callOf("R-ROME", { layer: 1, key: "bare", steps: 3 }, 1);
    const requests = [{ ...rome.editRequest, neighbours }];
    const facts = [
      { prompt, subject: SUBJECTS[0]! },
      { prompt: "The capital of {} is", subject: SUBJECTS[1]! },
    ];
    const preview = await previewInterference(model, call, facts, { contexts: ["{}"], statistics });
    const { edit } = await computeEdit(
      model,
      { ...call, requests },
      { ...QUIET, contexts: ["{}"], statistics },
    );
    const stacked = { ...edit, id: "e", enabled: true, digest: "", base: { modelHash: "", below: [] } };
    const shares = await predictNeighbourShares(model, [stacked], QUIET.signal);
    expect(shares.map(({ subject }) => subject)).toEqual(SUBJECTS.slice(0, 2));
    shares.forEach(({ share }, at) => expect(share).toBeCloseTo(preview.layers[0]!.coefficients[at]!, 5));
    const layers = [...edit.updates, { ...edit.updates[0]!, weight: "blocks.2.mlpOut" }];
    expect(await predictNeighbourShares(model, [{ ...stacked, updates: layers }], QUIET.signal)).toEqual([]);
  });

  test("AnyEdit over a trained block has none", async () => {
    const call = { ...callOf("AnyEdit", { inner: "UnKE" }, 1), requests: [{ ...rome.editRequest, targetNew: LONG }] }; // prettier-ignore
    await expect(previewInterference(model, call, FACTS, { contexts: ["{}"] })).rejects.toMatchObject({
      code: "bad-request",
      details: { field: "inner" },
    });
  });

  test("methods without a closed form say so", async () => {
    const call = { ...callOf("UnKE", {}, 1), requests: [rome.editRequest] };
    const preview = previewInterference(model, call, FACTS, { contexts: ["{}"] });
    await expect(preview).rejects.toMatchObject({
      code: "bad-request",
      message: expect.stringMatching(/closed form/),
    });
  });
});

/** Vectors that the coefficients are shares of: R's columns, or v* − m. */
function residualsOf(
  update: LowRankUpdate,
  intermediates: readonly { name: string; values: ArrayLike<number> }[],
  count: number,
): Float64Array[] {
  const named = (tensor: string) => intermediates.find(({ name }) => name === tensor);
  if (named("v_star")) {
    const [target, output] = [named("v_star")!.values, named("m_used")!.values];
    return [Float64Array.from(target, (value, row) => value - output[row]!)];
  }
  return Array.from({ length: count }, (_, column) =>
    Float64Array.from({ length: update.out }, (__, row) => update.u[row * update.rank + column]!),
  );
}
