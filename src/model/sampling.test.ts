import { expect, test } from "vitest";
import { argmax, createSampler } from "./sampling";
import { likeliestTokens, logSumExp, scoreOfToken } from "./tokenChoices";
import type { Tokenizer } from "./tokenizer/tokenizer";

const logits = Float32Array.of(1, 3, 2, -1, 0);
const probabilities = Array.from(logits, (logit) => Math.exp(logit - logSumExp(logits)));

function frequencies(options: { temperature: number; topK?: number; topP?: number }): number[] {
  const sampler = createSampler({ ...options, seed: 7 });
  const counts = [0, 0, 0, 0, 0];
  for (let draw = 0; draw < 20_000; draw++) counts[sampler(logits)]! += 1 / 20_000;
  return counts;
}

test("temperature 0 takes the largest, the first of equals", () => {
  expect(createSampler({ temperature: 0, seed: 1 })(logits)).toBe(1);
  expect(argmax(Float32Array.of(2, 5, 5))).toBe(1);
});

test("temperature 1 draws by softmax, 2 more evenly", () => {
  frequencies({ temperature: 1 }).forEach((share, id) => expect(share).toBeCloseTo(probabilities[id]!, 1.7));
  expect(frequencies({ temperature: 2 })[1]).toBeLessThan(frequencies({ temperature: 1 })[1]!);
});

test("top-k keeps the k likeliest and renormalises", () => {
  const shares = frequencies({ temperature: 1, topK: 2 });
  expect([shares[0], shares[3], shares[4]]).toEqual([0, 0, 0]);
  expect(shares[1]).toBeCloseTo(probabilities[1]! / (probabilities[1]! + probabilities[2]!), 1.7);
});

test("top-p keeps the fewest that reach p, at least one", () => {
  const two = frequencies({ temperature: 1, topP: probabilities[1]! + 0.01 });
  expect(two.filter((share) => share > 0)).toHaveLength(2);
  expect(frequencies({ temperature: 1, topP: 1e-6 })[1]).toBeCloseTo(1);
});

test("the seed decides", () => {
  const draws = (seed: number) => {
    const sampler = createSampler({ temperature: 1, seed });
    return Array.from({ length: 20 }, () => sampler(logits));
  };
  expect(draws(1)).toEqual(draws(1));
  expect(draws(1)).not.toEqual(draws(2));
});

test("scores and likeliest tokens agree with a sort", () => {
  const tokenizer = { tokenText: String } as unknown as Tokenizer;
  const best = likeliestTokens(tokenizer, logits, 3);
  expect(best.map(({ id }) => id)).toEqual([1, 2, 0]);
  expect(best[0]!.logprob).toBeCloseTo(Math.log(probabilities[1]!), 6);
  expect(scoreOfToken(logits, 0)).toEqual({
    logprob: expect.closeTo(Math.log(probabilities[0]!), 6),
    rank: 3,
  });
  expect(likeliestTokens(tokenizer, logits, 9)).toHaveLength(5);
});

test("logSumExp does not overflow", () => {
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2));
});
