/**
 * Runs in the page that webgpu.bench.ts opens: our linear kernels against tfjs's matMul on the same device, the two
 * alternating so that a busy machine slows both.
 */
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "../../src/gpu/backend";
import { distance } from "../../src/gpu/cases/checkKernel";
import { randomValues } from "../../src/gpu/cases/random";
import { runOne } from "../../src/gpu/kernelSpec";
import * as ops from "../../src/gpu/ops";
import { linearInputGradientKernel } from "../../src/gpu/specs/linear";
import type { Tensor } from "../../src/gpu/tensor";
import { dispose, read, tensor } from "../../src/gpu/tensor";
import { createLinear } from "../../src/gpu/weights";

export type Outcome = {
  name: string;
  ourMilliseconds: number;
  tfjsMilliseconds: number;
  ourGflops: number;
  tfjsGflops: number;
  /** How many times faster ours is. */
  ratio: number;
};

type Contest = { name: string; flop: number; ours: () => Tensor; theirs: () => Tensor };

const ROUNDS = 3;
const [INNER, OUTER] = [768, 3072];

/** The contests of one run, on a device of its own. */
export async function runContests(): Promise<{ adapter: string; outcomes: Outcome[] }> {
  const engine = await startBackend("webgpu");
  tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", -1); // tfjs chooses its fastest program, as it would without us
  const outcomes: Outcome[] = [];
  for (const rows of [132, 12, 1]) {
    for (const contest of contestsOf(rows)) outcomes.push(await hold(contest));
  }
  return { adapter: engine.adapter, outcomes };
}

function contestsOf(rows: number): Contest[] {
  const values = randomValues(1, INNER * OUTER, 0.1);
  const weight = createLinear(values, INNER, OUTER);
  const plain = tensor(values, [INNER, OUTER]) as tf.Tensor2D;
  const x = tensor(randomValues(2, rows * INNER), [rows, INNER]) as tf.Tensor2D;
  const dy = tensor(randomValues(3, rows * OUTER), [rows, OUTER]) as tf.Tensor2D;
  const { inFeatures, outFeatures, layout } = weight;
  const flop = 2 * rows * INNER * OUTER;
  return [
    {
      name: `[${rows}, ${INNER}] x [${INNER}, ${OUTER}]`,
      flop,
      ours: () => ops.linear(x, weight),
      theirs: () => tf.matMul(x, plain),
    },
    {
      name: `[${rows}, ${OUTER}] x [${INNER}, ${OUTER}] transposed`,
      flop,
      ours: () =>
        runOne(linearInputGradientKernel, { dy, weight: weight.tensor }, { inFeatures, outFeatures, layout }),
      theirs: () => tf.matMul(dy, plain, false, true),
    },
  ];
}

async function hold({ name, flop, ours, theirs }: Contest): Promise<Outcome> {
  const error = distance((await time(ours)).values, (await time(theirs)).values); // also compiles both
  if (!(error < 1e-5)) throw new Error(`${name}: the two disagree by ${error}`);
  let [our, their] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    our = Math.min(our, (await time(ours)).milliseconds);
    their = Math.min(their, (await time(theirs)).milliseconds);
  }
  return {
    name,
    ourMilliseconds: round(our),
    tfjsMilliseconds: round(their),
    ourGflops: round(flop / our / 1e6),
    tfjsGflops: round(flop / their / 1e6),
    ratio: round(their / our),
  };
}

/** One call until its result is here. */
async function time(run: () => Tensor): Promise<{ milliseconds: number; values: Float32Array }> {
  const start = performance.now();
  const result = run();
  const values = await read(result);
  const milliseconds = performance.now() - start;
  dispose(result);
  return { milliseconds, values };
}

const round = (value: number): number => Number(value.toPrecision(3));
