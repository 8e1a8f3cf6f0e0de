/**
 * How much of an answer one moved state brings, and one per chunk, by the answer's length: the AnyEdit repository's own
 * optimisation, without any weight changed (fixture `20-length-study`, read from ../shared/fixtures where that is).
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { findChunkTargets } from "./chunkTargets";
import { windowChunks } from "./chunks";
import { longText } from "./longTexts";
import { recordError } from "./testing/errorTable";
import { readJson } from "./testing/factCases";
import { LONG_MODELS, openLongCase, openShared } from "./testing/longCases";

const WINDOW = 4;
const LAYER = 3;
const LENGTHS = process.env["PALIMPSEST_ALL_CASES"] === undefined ? [16] : [4, 8, 16, 24, 32, 48];

type Study = {
  record: number;
  rows: { length: number; log_prob_before: number; log_prob_single: number; log_prob_chunked: number }[];
  tolerance: { log_prob_before_rel: number; log_prob_after_abs_per_token: number };
};

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe.each(LONG_MODELS)("%s", (name) => {
  const here = hasFixture(`anyedit/${name}/20-length-study/case.json`);

  test.runIf(here).each(LENGTHS)("%i tokens by one state and by one per chunk", async (length) => {
    const { record, rows, tolerance } = await readJson<Study>(`anyedit/${name}/20-length-study/case.json`);
    const stored = rows.find((row) => row.length === length)!;
    const { question, answer } = (await openShared(readFixture, name)).records[record]!;
    const { hparams } = (await openLongCase(readFixture, name, "01-memit-are-w4")).stored;
    const model: Model = await loadFixture(readFixture, name);
    const request = { prompt: "{}", subject: question, targetNew: answer, paraphrases: [], neighbours: [] };
    const whole = longText(model, request, { chat: false, endOfText: true });
    const text = { ...whole, answer: whole.answer.slice(0, length) };
    const settings = {
      steps: Number(hparams["v_num_grad_steps"]),
      learningRate: Number(hparams["v_lr"]),
      weightDecay: Number(hparams["v_weight_decay"]),
      clampNormFactor: Number(hparams["clamp_norm_factor"]),
      earlyStopLoss: 1e-2,
    };
    const logProbabilityBy = async (window: number) => {
      const targets = await findChunkTargets(model, text, windowChunks(length, window, 0), { layer: LAYER, settings }); // prettier-ignore
      const sum = (pass: number) =>
        targets.reduce((total, { steps, chunk }) => total - steps.at(pass)!.nll * (chunk.end - chunk.start), 0); // prettier-ignore
      return { before: sum(0), after: sum(-1) };
    };
    const single = await logProbabilityBy(length);
    const chunked = await logProbabilityBy(WINDOW);
    model.dispose();

    const before = Math.abs(single.before / stored.log_prob_before - 1);
    expect(before).toBeLessThan(tolerance.log_prob_before_rel);
    for (const [what, own, published] of [
      ["one state", single.after, stored.log_prob_single],
      ["one per chunk", chunked.after, stored.log_prob_chunked],
    ] as const) {
      const error = Math.abs(own - published) / length;
      recordError("AnyEdit", `${name} ${length} tokens`, `log p per token, ${what}, absolute`, error);
      expect(error, what).toBeLessThan(tolerance.log_prob_after_abs_per_token);
    }
  });
});
