/** The AnyEdit repository's own runs (fixtures `anyedit`), opened for comparison. */
import { expect } from "vitest";
import type { EditRequest } from "../../domain/edit";
import { scoreAnswers } from "../../evaluation/probes";
import { memory } from "../../gpu/tensor";
import { generate } from "../../model/generate";
import type { Model } from "../../model/model";
import type { ReadFixture } from "../../model/testing/openFixture";
import { EditStack, type ComputedEdit } from "../stack";
import { storedRuns, type StoredTensors } from "./storedRuns";

export const LONG_MODELS = ["tiny-facts-gpt2", "tiny-facts-llama"] as const;

type Z = { record: number; chunk: number; position: number; loss: number[]; delta_norm: number[] };

export type LongCase = {
  case: string;
  method: string;
  records: number[];
  hparams: Record<string, unknown> & { layers: number[]; v_num_grad_steps: number };
  chunks?: { start: number; end: number; lookup: number; input_length: number; appended: number }[][];
  positions: number[][];
  z: Z[];
  per_layer?: { layer: number; delta_norm: number; n_keep: number }[];
  stage2?: { steps: number; preserve_mse: number[]; edit_mse: number[]; loss: number[] };
  params?: Record<string, { delta_norm: number }>;
  /** The published code in double precision, where the repository keeps it: how far rounding alone goes. */
  float64_run?: { loss: number[][] };
  before: { mean_nll: number }[];
  after: { mean_nll: number; first_divergence: number; answer_ids: number[]; question_ids: number[] }[];
  tolerance: {
    h_rel: number;
    loss_first_three_rel: number;
    loss_rel: number;
    delta_z_rel: number;
    weight_delta_from_stored_keys_and_residual_rel: number;
    mean_nll_after_abs: number;
  };
};

export type SharedCase = {
  records: { question: string; answer: string }[];
  layers: number[];
  preserve_texts: string[];
  token_ids: { question: number[]; question_and_answer: number[] }[];
};

export const openShared = (read: ReadFixture, model: string): Promise<SharedCase> =>
  storedRuns(read).readJson<SharedCase>(`anyedit/${model}/00-shared/case.json`);

export const sharedTensorsPath = (model: string): string => `anyedit/${model}/00-shared/tensors.safetensors`;

export async function openLongCase(
  read: ReadFixture,
  model: string,
  name: string,
): Promise<{ stored: LongCase; tensor: StoredTensors; requests: EditRequest[] }> {
  const { readJson, tensorsOf } = storedRuns(read);
  const folder = `anyedit/${model}/${name}`;
  const stored = await readJson<LongCase>(`${folder}/case.json`);
  const { records } = await openShared(read, model);
  const requests = stored.records.map((record): EditRequest => {
    const { question, answer } = records[record]!;
    return { prompt: "{}", subject: question, targetNew: answer, paraphrases: [], neighbours: [] };
  });
  return { stored, tensor: await tensorsOf(`${folder}/tensors.safetensors`), requests };
}

/** The first divergence may lie this many tokens from the published one (the fixtures' tolerance). */
export const DIVERGENCE_SLACK = 2;

/** At which token greedy text leaves the answer; looks no further than is needed to compare with the stored place. */
export async function firstDivergence(
  model: Model,
  question: string,
  { answer_ids: answer, first_divergence: stored }: LongCase["after"][number],
): Promise<number> {
  const maxTokens = Math.min(answer.length, stored + DIVERGENCE_SLACK + 1);
  const greedy = { maxTokens, top: 1, temperature: 0, seed: 1, chat: false, stop: [], ignoreEnd: true };
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  const { completion } = await generate(model, { ...greedy, prompt: question }, context);
  const left = answer.findIndex((id, at) => completion.ids[at] !== id);
  return left < 0 ? answer.length : left;
}

/**
 * Every pass of every chunk's optimisation. The first three of a chunk have a narrow bound, save where the published code
 * leaves its own losses as far in double precision.
 */
export function expectChunkLosses(
  losses: ComputedEdit["losses"],
  { z, tolerance, float64_run: doubled }: LongCase,
  slack: number,
  record: (what: string, error: number) => void,
): void {
  const off = (value: number, truth: number) => Math.abs(value - truth) / Math.max(truth, 1e-2);
  const narrow = tolerance.loss_first_three_rel;
  z.forEach(({ loss }, at) => {
    const own = losses[at]!.map(({ total }) => total);
    expect(own).toHaveLength(loss.length);
    own.forEach((value, step) => {
      const rounding = off(doubled?.loss[at]?.[step] ?? loss[step]!, loss[step]!);
      const isFirst = step < 3 && rounding < narrow / 10;
      const error = off(value, loss[step]!);
      record(isFirst ? "loss of the first three passes" : "loss of any pass", error);
      const bound = slack * (isFirst ? narrow : tolerance.loss_rel);
      expect(error, `chunk ${at} step ${step}`).toBeLessThan(bound);
    });
  });
}

/** With the edit in place: the answers' mean NLL and first divergence are the stored ones; without it, every bit is back. */
export async function expectAnswers(
  model: Model,
  edit: ComputedEdit,
  stored: LongCase,
  slack: number,
  record: (what: string, error: number) => void,
): Promise<void> {
  const before = memory();
  const stack = new EditStack(model.weights, model.hash);
  await stack.add(edit);
  const questions = edit.requests.map(({ subject, targetNew }) => ({ prompt: subject, answer: targetNew }));
  const scores = await scoreAnswers(model, questions);
  const left: number[] = [];
  for (const [at, { subject }] of edit.requests.entries())
    left.push(await firstDivergence(model, subject, stored.after[at]!));
  await stack.clear();
  expect(stack.state.weightHash).toBe(model.hash);
  expect(memory()).toEqual(before);
  scores.forEach(({ logprobs }, at) => {
    const mean = -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
    const { mean_nll: truth, first_divergence: place } = stored.after[at]!;
    record("mean NLL after, absolute", Math.abs(mean - truth));
    expect(Math.abs(mean - truth)).toBeLessThan(slack * stored.tolerance.mean_nll_after_abs);
    record("first divergence, tokens", Math.abs(left[at]! - place));
    expect(Math.abs(left[at]! - place)).toBeLessThanOrEqual(DIVERGENCE_SLACK);
  });
}

/** 64 sign projections of a change, as the fixtures store large ones. */
export function signProjections(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(64);
  for (let j = 0; j < 64; j++) {
    const seed = Math.imul(j + 1, 0x9e3779b1);
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      let h = Math.imul(i ^ seed, 0x85ebca6b);
      h ^= h >>> 13;
      h = Math.imul(h, 0xc2b2ae35);
      h ^= h >>> 16;
      sum += h & 1 ? values[i]! : -values[i]!;
    }
    sums[j] = sum;
  }
  return sums;
}
