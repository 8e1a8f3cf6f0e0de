/**
 * Traces against ROME's published code, from the seed alone, and the sweep against its slow twin. WASM in Node.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallContext } from "../domain/progress";
import type { TracePartial, TraceRequest, TraceResult } from "../domain/trace";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { reshape, slice } from "../gpu/ops";
import { dispose, memory, tidy } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { memorySource } from "../loading/byteSource/memorySource";
import { openSafetensors, type SafetensorsTensors } from "../loading/safetensors/safetensorsTensors";
import { legacyRandom } from "../lib/random/legacyRandom";
import { runBlocks } from "../model/forward";
import type { Hook } from "../model/hooks";
import type { Model } from "../model/model";
import { loadFixture, readNumbers } from "../model/testing/openFixture";
import { answerProbabilities } from "./answerProbability";
import { makeBaselines } from "./baselines";
import { cellTop } from "./cell";
import { drawNoise, embeddingDeviation } from "./noise";
import { replacePosition } from "./patch";
import { sweepToken } from "./sweep";
import { trace } from "./trace";
import { severedPlan, statePlan, windowPlan } from "./tracePlans";

const root = resolve(import.meta.dirname, "../..");
const read = async (path: string) => new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));
const readJson = async <T>(path: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await read(path))) as T;

type Case = {
  prompt: string;
  subject: string;
  answer: string;
  answer_token_id: number;
  embedding_std: number;
  noise_level: number;
  subject_range: [number, number];
  high_score: number;
  low_score: number;
  kinds: Record<string, { argmax_token_layer: [number, number] }>;
};

const quiet: CallContext<TracePartial> = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

const request = (
  one: Pick<Case, "prompt" | "subject">,
  changes: Partial<TraceRequest> = {},
): TraceRequest => ({
  prompt: one.prompt,
  subject: one.subject,
  kind: "state",
  window: 10,
  samples: 10,
  noise: "3sigma",
  seed: 1,
  severedNoise: "published",
  naive: false,
  ...changes,
});

/** A signal that is aborted from the given look at it on: cancelling without a clock. */
function abortedAtLook(look: number): AbortSignal {
  let looks = 0;
  const signal = new AbortController().signal;
  Object.defineProperty(signal, "aborted", { get: () => looks++ >= look });
  return signal;
}

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

const VARIANTS: [string, Partial<TraceRequest>][] = [
  ["state", {}],
  ["mlp_w10", { kind: "mlp" }],
  ["mlp_w3", { kind: "mlp", window: 3 }],
  ["attn_w3", { kind: "attention", window: 3 }],
  ["severed.mlp_severed", { sever: "mlp" }],
  ["severed.attn_severed", { sever: "attention" }],
];

/** Largest difference between a heatmap and the fixture's, [T, L]. */
const gap = (scores: readonly (readonly number[])[], expected: Float32Array): number =>
  Math.max(...scores.flat().map((score, i) => Math.abs(score - expected[i]!)));

const gapBetween = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  gap(a, Float32Array.from(b.flat()));

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("%s", (name) => {
  let model: Model;
  let subjects: string[];
  beforeAll(async () => {
    model = await loadFixture(read, name);
    const { facts } = await readJson<{ facts: { subject: string }[] }>(`models/${name}/facts.json`);
    subjects = facts.map(({ subject }) => subject);
  });
  afterAll(() => model.dispose());

  describe.each(["causal_1", "causal_2"])("%s", (caseName) => {
    // The fixtures have severed traces of the first case only.
    const stored = VARIANTS.filter(([, { sever }]) => caseName === "causal_1" || sever === undefined);
    let one: Case;
    let tensors: SafetensorsTensors["tensors"];
    const known = new Map<string, Promise<TraceResult>>();
    /** A trace of this case, made once and looked at by several tests. */
    const traced = (changes: Partial<TraceRequest>): Promise<TraceResult> => {
      const key = JSON.stringify(changes);
      const result = known.get(key) ?? trace(model, request(one, changes), subjects, quiet);
      known.set(key, result);
      return result;
    };
    const naiveOf = (changes: Partial<TraceRequest>) =>
      trace(model, request(one, { ...changes, naive: true }), subjects, quiet);
    const values = async (tensor: string) => (await readNumbers(tensors, tensor)).values;
    beforeAll(async () => {
      one = await readJson<Case>(`editing/${name}/${caseName}/case.json`);
      const bytes = await read(`editing/${name}/${caseName}/tensors.safetensors`);
      ({ tensors } = await openSafetensors(memorySource("tensors.safetensors", bytes)));
    });

    test("σ, the noise of both passes, and its order", async () => {
      const sigma = await embeddingDeviation(model, subjects);
      expect(sigma).toBeCloseTo(one.embedding_std, 7);
      const random = legacyRandom(1);
      for (const tensor of caseName === "causal_1" ? ["noise", "severed.noise_second_pass"] : ["noise"]) {
        const expected = await values(tensor);
        const drawn = drawNoise(random, expected.length, 3 * sigma);
        expect(Math.max(...drawn.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-6);
      }
    });

    test.each(stored)("%s: every cell, from the seed alone", async (tensor, changes) => {
      const result = await traced(changes);
      expect(gap(result.scores, await values(`${tensor}.mean`))).toBeLessThan(1e-4);
      expect(result.answer).toEqual({ id: one.answer_token_id, text: one.answer });
      expect(result.noise.level).toBeCloseTo(one.noise_level, 7);
      expect([result.subject.start, result.subject.end]).toEqual(one.subject_range);
      expect(result.clean).toBeCloseTo(one.high_score, 4);
      expect(result.corrupted).toBeCloseTo(one.low_score, 4);
      const peak = one.kinds[tensor]?.argmax_token_layer;
      if (peak) expect([result.peak.token, result.peak.layer]).toEqual(peak);
    });

    test.each(stored)(
      "%s: per sample, the spread is that of the published samples",
      async (tensor, changes) => {
        const result = await traced(changes);
        const samples = await values(`${tensor}.per_sample`);
        result.spread.flat().forEach((spread, cell) => {
          const own = [...samples.subarray(cell * 10, cell * 10 + 10)];
          const mean = own.reduce((total, value) => total + value, 0) / 10;
          const expected = Math.sqrt(own.reduce((total, value) => total + (value - mean) ** 2, 0) / 9);
          expect(Math.abs(spread - expected)).toBeLessThan(2e-4);
        });
      },
    );

    test.each([...VARIANTS, ["severed, same noise", { sever: "mlp", severedNoise: "same" }] as const])(
      "%s: the sweep equals the naive trace",
      async (_name, changes) => {
        const fast = await traced(changes);
        const naive = await naiveOf(changes);
        expect(gapBetween(fast.scores, naive.scores)).toBeLessThan(1e-5);
        expect(gapBetween(fast.spread, naive.spread)).toBeLessThan(1e-5);
      },
    );

    test("severing nothing but the noise's own outputs changes nothing (same noise, first tokens)", async () => {
      const result = await traced({ sever: "mlp", severedNoise: "same" });
      const last = result.tokens.length - 1;
      // Restored after the last layer at a token that nobody reads any more: only the severing is left.
      for (let token = 0; token < last; token++) {
        expect(result.scores[token]!.at(-1)).toBeCloseTo(result.corrupted, 5);
      }
    });

    test("before the subject nothing changes, exactly; the last state of the last token gives the clean run", async () => {
      for (const kind of ["state", "mlp", "attention"] as const) {
        const { scores, spread, corrupted, clean, subject } = await traced({ kind, window: 3 });
        for (const row of scores.slice(0, subject.start)) expect(new Set(row)).toEqual(new Set([corrupted]));
        if (kind === "state") {
          expect(scores.at(-1)!.at(-1)).toBeCloseTo(clean, 12);
          expect(spread.at(-1)!.at(-1)).toBeCloseTo(0, 12);
        }
      }
    });

    test("rows arrive with the subject's last token first and are those of the result", async () => {
      const rows: TracePartial[] = [];
      const onProgress: CallContext<TracePartial>["onProgress"] = ({ done, total }, partial) => {
        expect(done).toBeLessThanOrEqual(total);
        if (partial) rows.push(partial);
      };
      const result = await trace(model, request(one), subjects, { ...quiet, onProgress });
      expect(rows[0]!.token).toBe(result.subject.end - 1);
      expect(rows.map(({ token }) => token).toSorted((a, b) => a - b)).toEqual([...result.tokens.keys()]);
      for (const { token, scores, spread } of rows) {
        expect(scores).toEqual(result.scores[token]);
        expect(spread).toEqual(result.spread[token]);
      }
    });

    test.each(["embed", "blocks.2.resid"] as const)(
      "restoring every token at %s gives the clean run",
      async (site) => {
        const baselines = await makeBaselines(model, request(one), subjects, quiet.signal);
        const { embedded } = baselines.first;
        const restoreAll: Hook = (where, x) => {
          if (where !== site) return x;
          const clean = reshape(slice(x, [0, 0, 0], [1, -1, -1]), x.shape.slice(1));
          const positions = Array.from({ length: x.shape[1]! }, (_, position) => position);
          return positions.reduce(
            (now, position) => replacePosition(now, position, clean, () => position),
            x,
          );
        };
        const rows = tidy(() => {
          const start = restoreAll("embed", embedded);
          const last = runBlocks(model, 0, start, { at: restoreAll });
          return reshape(slice(last, [0, last.shape[1]! - 1, 0], [-1, 1, -1]), [
            last.shape[0]!,
            last.shape[2]!,
          ]);
        });
        const probabilities = await answerProbabilities(model, rows, one.answer_token_id);
        for (const probability of probabilities) expect(probability).toBe(probabilities[0]);
        expect(probabilities[0]).toBeCloseTo(one.high_score, 4);
        dispose(rows);
        baselines.dispose();
      },
    );

    test("runs cut into many small batches give the same numbers", async () => {
      const asked = request(one, { sever: "mlp", severedNoise: "same" });
      const baselines = await makeBaselines(model, asked, subjects, quiet.signal);
      const { prompt, first } = baselines;
      const token = prompt.subject.end - 1;
      const plans = [
        statePlan(first, token),
        windowPlan(first, token, "mlpOut", 3),
        severedPlan(first, first, token, "mlpOut"),
      ];
      for (const { sweep } of plans) {
        const context = { model, kept: first, answer: one.answer_token_id };
        const whole = await sweepToken(sweep, context);
        for (const rowsAtOnce of [1, 2 * 10 * (prompt.ids.length - token)]) {
          const cut = await sweepToken(sweep, { ...context, rowsAtOnce });
          expect(cut).toHaveLength(whole.length);
          cut.forEach((samples, run) => expect(gap([[...samples]], whole[run]!)).toBeLessThan(1e-6));
        }
      }
      baselines.dispose();
    });

    test("no tensor stays when a trace ends", async () => {
      const before = memory().tensors;
      for (const [, changes] of VARIANTS) await trace(model, request(one, changes), subjects, quiet);
      await naiveOf({});
      await cellTop(model, { trace: request(one), token: 3, layer: 2, top: 5 }, subjects, quiet);
      expect(memory().tensors).toBe(before);
    });

    test("a trace can be cancelled at every step, and no tensor stays", async () => {
      const before = memory().tensors;
      for (const [, changes] of [...VARIANTS, ["naive", { naive: true }] as const]) {
        for (const step of [0, 2, 5, 9, 14, 23, 40]) {
          const job = trace(model, request(one, changes), subjects, {
            ...quiet,
            signal: abortedAtLook(step),
          });
          await expect(job).rejects.toMatchObject({ code: "cancelled" });
          expect(memory().tensors).toBe(before);
        }
      }
    });

    test("a cell's top tokens: the answer has the cell's score", async () => {
      const result = await traced({});
      const { token, layer, score } = result.peak;
      const { top } = await cellTop(model, { trace: request(one), token, layer, top: 5 }, subjects, quiet);
      expect(top).toHaveLength(5);
      expect(top[0]!.id).toBe(result.answer.id);
      expect(top[0]!.p).toBeCloseTo(score, 5);
      expect(top.map(({ p }) => p)).toEqual(top.map(({ p }) => p).toSorted((a, b) => b - a));
    });

    test("given noise is used as it is", async () => {
      const noiseValues = Float32Array.from(await values("noise"));
      const result = await trace(model, request(one, { noiseValues, seed: 77, samples: 3 }), [], quiet);
      expect(result.corruptedSamples).toHaveLength(10);
      expect(gap(result.scores, await values("state.mean"))).toBeLessThan(1e-4);
      const short = { noiseValues: noiseValues.slice(1) };
      await expect(trace(model, request(one, short), [], quiet)).rejects.toMatchObject({
        code: "bad-request",
      });
    });
  });
});
