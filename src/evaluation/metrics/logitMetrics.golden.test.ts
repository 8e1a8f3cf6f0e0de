/** Measures of stored logits against the values of the field's own code (fixtures `metrics`). */
import { beforeAll, describe, expect, test } from "vitest";
import { fixturePath } from "../../../tests/sharedFixtures";
import { readTensors, tensorOf, type FixtureTensor } from "../../../tests/readTensors";
import { readJson } from "../../editing/testing/factCases";
import { publishedPerplexity } from "../perplexity";
import { answerLikelihood, likeliestToken } from "./answerScores";
import { counterfactScore, scoreGroup, type Candidates } from "./counterfactScores";
import { meanDivergence } from "./meanDivergence";
import { sentimentSuccess } from "./sentimentSuccess";
import { tokenAccuracy, tokenLocality } from "./tokenAccuracy";

const open = (name: string) => readTensors(fixturePath(`metrics/${name}/tensors.safetensors`));

/** Row `position` of text `row` of logits [rows, positions, V]. */
function logitsAt({ shape, values }: FixtureTensor, row: number, position: number): Float32Array {
  const [, positions, width] = shape as [number, number, number];
  const start = (row * positions + position) * width;
  return Float32Array.from(values.subarray(start, start + width));
}

function rowsFrom(tensor: FixtureTensor, row: number, first: number, count: number): Float32Array {
  return Float32Array.from(Array.from({ length: count }, (_, t) => [...logitsAt(tensor, row, first + t)]).flat()); // prettier-ignore
}

describe("CounterFact's scores", async () => {
  type Summary = Record<string, number>;
  type Stored = {
    records: {
      target_new_ids: number[];
      target_true_ids: number[];
      prompt_ids: number[][];
      groups: Record<"rewrite" | "paraphrase" | "neighborhood", [number, number]>;
      nll: { target_new: number; target_true: number }[];
      summary: Summary;
    }[];
    mean: Summary;
    score: number;
  };
  const stored = await readJson<Stored>("metrics/counterfact-scores/case.json");
  const tensors = open("counterfact-scores");
  const kinds = [["rewrite", "new"], ["paraphrase", "new"], ["neighborhood", "true"]] as const; // prettier-ignore

  const candidatesOf = (record: number): Candidates[] => {
    const { prompt_ids, target_new_ids, target_true_ids } = stored.records[record]!;
    const logits = tensorOf(tensors, `r${record}_logits`);
    const one = (row: number, prompt: number[], answer: number[]) =>
      answerLikelihood(rowsFrom(logits, row, prompt.length - 1, answer.length), answer);
    return prompt_ids.map((prompt, at) => ({
      new: one(2 * at, prompt, target_new_ids),
      true: one(2 * at + 1, prompt, target_true_ids),
    }));
  };

  test.each(stored.records.map((record, at) => ({ at, ...record })))("of record $at", ({ at, nll, groups, summary }) => {
    const candidates = candidatesOf(at);
    candidates.forEach((one, prompt) => {
      expect(one.new.nll).toBeCloseTo(nll[prompt]!.target_new, 5);
      expect(one.true.nll).toBeCloseTo(nll[prompt]!.target_true, 5);
    });
    for (const [kind, wanted] of kinds) {
      const group = scoreGroup(candidates.slice(...groups[kind]), wanted)!;
      expect(group.success).toBeCloseTo(summary[`${kind}_success`]!, 5);
      expect(group.diff).toBeCloseTo(summary[`${kind}_diff`]!, 5);
      expect(group.accuracy).toBeCloseTo(summary[`${kind}_acc`]!, 5);
    }
  }); // prettier-ignore

  test("and S", () => {
    const successes = kinds.map(([kind, wanted]) => {
      const groups = stored.records.map(({ groups: g }, at) => scoreGroup(candidatesOf(at).slice(...g[kind]), wanted)!.success); // prettier-ignore
      const mean = groups.reduce((sum, value) => sum + value, 0) / groups.length;
      expect(mean).toBeCloseTo(stored.mean[`${kind}_success`]!, 5);
      return mean;
    });
    expect(Math.abs(counterfactScore(successes) - stored.score)).toBeLessThan(0.01);
  });
});

describe("accuracies", () => {
  test("of zsRE: one row per token", async () => {
    type Stored = { target_ids: number[]; correct: boolean[]; rewrite_acc: number; paraphrase_acc: number };
    const stored = await readJson<Stored>("metrics/zsre-accuracy/case.json");
    const tensors = open("zsre-accuracy");
    const [logits, mask] = [tensorOf(tensors, "logits"), tensorOf(tensors, "attention_mask")];
    const width = mask.shape[1]!;
    const hits = stored.correct.map((_, row) => {
      const length = mask.values.subarray(row * width, (row + 1) * width).reduce((sum, one) => sum + one, 0);
      const target = stored.target_ids[row % stored.target_ids.length]!;
      return answerLikelihood(logitsAt(logits, row, length - 1), [target]).hits[0]!;
    });
    expect(hits).toEqual(stored.correct);
    expect(tokenAccuracy(hits.slice(0, 3))).toBe(stored.rewrite_acc);
    expect(tokenAccuracy(hits.slice(3))).toBe(stored.paraphrase_acc);
  });

  test("and locality of EasyEdit: one row per answer, padded on the left", async () => {
    type Stored = { prompt_ids: number[][]; target_ids: number[][]; accuracy: number[]; locality: number[]; predicted_before: number[][] }; // prettier-ignore
    const stored = await readJson<Stored>("metrics/easyedit-accuracy/case.json");
    const tensors = open("easyedit-accuracy");
    const positions = tensorOf(tensors, "input_ids").shape[1]!;
    stored.target_ids.forEach((answer, row) => {
      const first = positions - answer.length - 1;
      const predicted = (name: string) =>
        answer.map((_, t) => likeliestToken(logitsAt(tensorOf(tensors, name), row, first + t)));
      const before = predicted("logits_before");
      expect(before).toEqual(stored.predicted_before[row]);
      const { hits } = answerLikelihood(rowsFrom(tensorOf(tensors, "logits_before"), row, first, answer.length), answer); // prettier-ignore
      expect(tokenAccuracy(hits)).toBe(stored.accuracy[row]);
      expect(tokenLocality(before, predicted("logits_after"))).toBe(stored.locality[row]);
    });
  });
});

describe("perplexity, ConvSent's success and KL", () => {
  type Stored = { perplexity: number; es: number; es_boosted: number; kl: number };
  let stored: Stored;
  let tensors: Map<string, FixtureTensor>;
  beforeAll(async () => {
    stored = await readJson<Stored>("metrics/perplexity-es-kl/case.json");
    tensors = open("perplexity-es-kl");
  });
  const relative = (actual: number, expected: number) =>
    expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-5);

  test("perplexity, as published, divides by all tokens", () => {
    const ids = tensorOf(tensors, "ppl_ids").values;
    const logprobs = Array.from(ids.subarray(1), (id, t) => -answerLikelihood(logitsAt(tensorOf(tensors, "ppl_logits"), 0, t), [id]).nll); // prettier-ignore
    relative(publishedPerplexity(logprobs), stored.perplexity);
  });

  test("success and KL", () => {
    const [labels, mask, same] = ["labels", "mask", "same"].map((name) => tensorOf(tensors, name).values);
    const positions = tensorOf(tensors, "labels").shape[1]!;
    const likelihood = (name: string, wanted: number, boost = 0): number => {
      const logprobs: number[] = [];
      same!.forEach((one, row) => {
        if (one !== wanted) return;
        for (let t = 0; t < positions; t++) {
          if (!mask![row * positions + t]) continue;
          const logits = logitsAt(tensorOf(tensors, name), row, t);
          const label = labels![row * positions + t]!;
          logits[label]! += boost;
          logprobs.push(-answerLikelihood(logits, [label]).nll);
        }
      });
      return logprobs.reduce((sum, one) => sum + one, 0) / logprobs.length;
    };
    const [before, unwanted] = [likelihood("pre_logits", 1), likelihood("edit_logits", 0)];
    relative(sentimentSuccess(likelihood("edit_logits", 1), unwanted, before), stored.es);
    const flat = (name: string) => Float32Array.from(tensorOf(tensors, name).values);
    relative(meanDivergence(flat("pre_logits"), flat("edit_logits"), mask!), stored.kl);
    relative(sentimentSuccess(likelihood("pre_logits", 1, 4), likelihood("pre_logits", 0), before), stored.es_boosted); // prettier-ignore
  });
});
