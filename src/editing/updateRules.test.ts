/** What the rank-one rule promises, and its agreement with the published code given the published code's own inputs. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readTensors, tensorOf } from "../../tests/readTensors";
import { cholesky } from "../linalg/cholesky";
import { dot, norm, relativeDifference } from "../linalg/norms";
import { rankOneUpdate, type KeyChoice } from "./updateRules";

const ROOT = "tests/fixtures/editing";
const CASES = ["tiny-facts2-gpt2", "tiny-facts2-llama"].flatMap((model) =>
  ["rome_1_mom2", "rome_1_nomom2", "rome_1_slow", "rome_2_clamped", "rome_2_mom2"].map((name) => ({
    model,
    name,
  })),
);

test.each(CASES)("$model $name: u and ΔW follow from the stored keys and target", ({ model, name }) => {
  const settings = JSON.parse(readFileSync(`${ROOT}/${model}/${name}/case.json`, "utf8")) as {
    layer: number;
    hparams: { mom2_adjustment: boolean };
    k_dot_u: number;
  };
  const stored = readTensors(`${ROOT}/${model}/${name}/tensors.safetensors`);
  const moments = readTensors(`${ROOT}/${model}/second_moments/tensors.safetensors`);
  const values = (tensor: string) => tensorOf(stored, tensor).values;
  const c = tensorOf(moments, `C.${settings.layer}`);
  const { direction, value, denominator } = rankOneUpdate({
    bare: { key: values("k_used"), output: values("m_used") },
    mean: { key: values("k_mean"), output: new Float64Array(values("m_used").length) },
    target: values("v_star"),
    choice: "published",
    secondMoment: settings.hparams.mom2_adjustment ? cholesky(c.values, c.shape[0]!) : undefined,
  });
  expect(relativeDifference(direction, values("u"))).toBeLessThan(1e-4);
  expect(denominator).toBeCloseTo(settings.k_dot_u, 3);
  expect(relativeDifference(value, values("v"))).toBeLessThan(1e-4);
});

describe("the key choices", () => {
  const numbers = (length: number, seed: number) =>
    Float64Array.from({ length }, (_, i) => Math.sin(seed + i * i));
  const bare = { key: numbers(12, 1), output: numbers(5, 2) };
  const mean = { key: numbers(12, 1).map((x, i) => x + 0.1 * Math.cos(i)), output: numbers(5, 4) };
  const target = numbers(5, 9);

  test.each<[KeyChoice, typeof bare]>([
    ["published", bare],
    ["bare", bare],
    ["mean", mean],
  ])("%s writes the target exactly for its own key", (choice, used) => {
    const { direction, value } = rankOneUpdate({ bare, mean, target, choice });
    const after = used.output.map((m, i) => m + value[i]! * dot(direction, used.key));
    expect(relativeDifference(after, target)).toBeLessThan(1e-14);
    expect(norm(direction)).toBeCloseTo(1, 12);
  });

  test("a zero key is a bug upstream", () => {
    const zero = { key: new Float64Array(12), output: bare.output };
    expect(() => rankOneUpdate({ bare: zero, mean: zero, target, choice: "mean" })).toThrow("Invariant");
  });
});
