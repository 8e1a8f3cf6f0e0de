/** Products with one weight in every format on the active backend: bytes held and time, the formats alternating. */
import { randomValues } from "../src/gpu/cases/random";
import { runOne } from "../src/gpu/kernelSpec";
import * as ops from "../src/gpu/ops";
import { linearInputGradientKernel } from "../src/gpu/specs/linear";
import { dispose, memory, read, tensor, type Tensor } from "../src/gpu/tensor";
import { createLinear, type LinearWeight, type NumberFormat } from "../src/gpu/weights";

export type FormatOutcome = {
  format: NumberFormat;
  /** Of the weight. */
  megabytes: number;
  /** From float32 values in JavaScript to the device. */
  writeMilliseconds: number;
  /** x [rows, in] W and dy [rows, out] Wᵀ, by rows. */
  forwardMilliseconds: Record<string, number>;
  gradientMilliseconds: Record<string, number>;
};

const FORMATS = ["float32", "float16", "bfloat16", "int8"] as const;
/** An MLP of Qwen2.5-0.5B. */
const [INNER, OUTER] = [896, 4864];
const ROWS = [1, 12, 132] as const;
const ROUNDS = 5;

export async function formatOutcomes(): Promise<FormatOutcome[]> {
  const values = randomValues(1, INNER * OUTER, 0.1);
  const weights: LinearWeight[] = [];
  const outcomes: FormatOutcome[] = [];
  for (const format of FORMATS) {
    const before = memory().bytes;
    const start = performance.now();
    weights.push(createLinear(values, INNER, OUTER, "inOut", format));
    const writeMilliseconds = rounded(performance.now() - start);
    const megabytes = rounded((memory().bytes - before) / 1e6);
    outcomes.push({
      format,
      megabytes,
      writeMilliseconds,
      forwardMilliseconds: {},
      gradientMilliseconds: {},
    });
  }
  for (const rows of ROWS) {
    const x = tensor(randomValues(2, rows * INNER), [rows, INNER]);
    const dy = tensor(randomValues(3, rows * OUTER), [rows, OUTER]);
    const forward = await best(weights, (weight) => ops.linear(x, weight));
    const gradient = await best(weights, ({ tensor: weight, inFeatures, outFeatures, layout }) =>
      runOne(linearInputGradientKernel, { dy, weight }, { inFeatures, outFeatures, layout }),
    );
    outcomes.forEach((outcome, at) => {
      outcome.forwardMilliseconds[rows] = forward[at]!;
      outcome.gradientMilliseconds[rows] = gradient[at]!;
    });
    dispose(x, dy);
  }
  for (const weight of weights) weight.dispose();
  return outcomes;
}

/** The best time of several rounds for each weight; the first round compiles. */
async function best(
  weights: readonly LinearWeight[],
  run: (weight: LinearWeight) => Tensor,
): Promise<number[]> {
  const times = weights.map(() => Infinity);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, weight] of weights.entries()) {
      const start = performance.now();
      const y = run(weight);
      await read(y);
      if (round > 0) times[at] = Math.min(times[at]!, performance.now() - start);
      dispose(y);
    }
  }
  return times.map(rounded);
}

export const rounded = (value: number): number => Number(value.toPrecision(3));
