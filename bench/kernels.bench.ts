/**
 * Our WebAssembly kernels against tfjs's own on the same backend, same run, alternating: GFLOP/s and ratios for linear
 * maps (both directions, many rows and one), the tied unembedding, and attention (forward and gradient). Runs the plain
 * SIMD build first, then the relaxed one.
 */
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "../src/gpu/backend";
import { run } from "../src/gpu/kernelSpec";
import * as ops from "../src/gpu/ops";
import { attentionGradientKernel } from "../src/gpu/specs/attention";
import { linearInputGradientKernel } from "../src/gpu/specs/linear";
import type { Tensor } from "../src/gpu/tensor";
import { dispose, scalar, tensor, tidy } from "../src/gpu/tensor";
import { createLinear, createRowTable } from "../src/gpu/weights";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { writeResult } from "./writeResult";

/** How long a contest runs, and one batch of one side. */
const MILLISECONDS = 2500;
const BATCH_MILLISECONDS = 8;

interface Contest {
  readonly name: string;
  /** Floating point operations of one call. */
  readonly flops: number;
  readonly ours: () => Tensor[];
  readonly theirs?: () => Tensor[];
}

interface Outcome {
  readonly oursGflops: number;
  readonly tfjsGflops: number | null;
  readonly ratio: number | null;
}

function random(...shape: number[]): Tensor {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) values[i] = Math.random() - 0.5;
  return tensor(values, shape);
}

/** Milliseconds of processor time; wall time on a shared machine measures the neighbours. */
function timeOf(call: () => Tensor[], calls: number): number {
  const start = process.cpuUsage();
  for (let i = 0; i < calls; i++) dispose(...call());
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The least milliseconds of one call of each side, from short batches in turn: what the machine can do for both. */
function race(sides: readonly (() => Tensor[])[]): number[] {
  const calls = sides.map((side) => {
    timeOf(side, 3); // lets the engine compile what it runs
    return Math.max(1, Math.ceil(BATCH_MILLISECONDS / Math.max(0.01, timeOf(side, 1))));
  });
  const best = sides.map(() => Infinity);
  const end = performance.now() + MILLISECONDS;
  do {
    sides.forEach((side, i) => {
      const n = calls[i] as number;
      best[i] = Math.min(best[i] as number, timeOf(side, n) / n);
    });
  } while (performance.now() < end);
  return best;
}

function hold({ name, flops, ours, theirs }: Contest): Outcome {
  const [our, their] = race(theirs ? [ours, theirs] : [ours]);
  const oursGflops = flops / (our as number) / 1e6;
  const tfjsGflops = their === undefined ? null : flops / their / 1e6;
  const ratio = tfjsGflops === null ? null : oursGflops / tfjsGflops;
  const against = tfjsGflops === null ? "" : `   tfjs ${tfjsGflops.toFixed(1)}   ratio ${ratio?.toFixed(1)}`;
  console.log(`${name.padEnd(46)} ${oursGflops.toFixed(1).padStart(6)} GFLOP/s${against}`);
  return { oursGflops, tfjsGflops, ratio };
}

/** x [rows, in] W [in, out] and dy Wᵀ. */
function linearContests(rows: number, inFeatures: number, outFeatures: number): Contest[] {
  const values = Float32Array.from({ length: inFeatures * outFeatures }, () => Math.random() - 0.5);
  const weight = createLinear(values, inFeatures, outFeatures);
  const plain = tensor(values, [inFeatures, outFeatures]);
  const [x, dy] = [random(rows, inFeatures), random(rows, outFeatures)];
  const flops = 2 * rows * inFeatures * outFeatures;
  const size = `[${rows}, ${inFeatures}] x [${inFeatures}, ${outFeatures}]`;
  const attrs = { inFeatures, outFeatures, layout: weight.layout };
  return [
    {
      name: `linear ${size}`,
      flops,
      ours: () => [ops.linear(x, weight)],
      theirs: () => [tf.matMul(x as tf.Tensor2D, plain as tf.Tensor2D)],
    },
    {
      name: `input gradient ${size}`,
      flops,
      ours: () => run(linearInputGradientKernel, { dy, weight: weight.tensor }, attrs),
      theirs: () => [tf.matMul(dy as tf.Tensor2D, plain as tf.Tensor2D, false, true)],
    },
  ];
}

async function unembeddingContests(rows: number, columns: number, vocabulary: number): Promise<Contest[]> {
  const table = await createRowTable(vocabulary, columns, (_, count) =>
    new Float32Array(count * columns).map(() => Math.random() - 0.5),
  );
  const x = random(rows, columns);
  const flops = 2 * rows * columns * vocabulary;
  return [
    { name: `unembedding [${rows}, ${columns}] x ${vocabulary}`, flops, ours: () => [ops.project(x, table)] },
  ];
}

/** Causal attention needs half of the products that a full one does; tfjs computes them all. */
function attentionContests(batch: number, positions: number, heads: number, headDim: number): Contest[] {
  const width = heads * headDim;
  const [query, key, value, dy] = [0, 1, 2, 3].map(() => random(batch, positions, width)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const scale = 1 / Math.sqrt(headDim);
  const attrs = { heads, keyValueHeads: heads, scale, window: 0, prefix: 0 };
  const absent = scalar(0);
  const pairs = (batch * heads * positions * (positions + 1)) / 2;
  const inputs = { dy, query, key, value, prefixKey: absent, prefixValue: absent };
  const split = (x: Tensor) => tf.transpose(tf.reshape(x, [batch, positions, heads, headDim]), [0, 2, 1, 3]);
  const size = `[${batch}, ${positions}, ${heads}x${headDim}]`;
  return [
    {
      name: `attention ${size}`,
      flops: 4 * pairs * headDim,
      ours: () => [ops.attention({ query, key, value, heads, keyValueHeads: heads, scale })],
      theirs: () => [
        tidy(() => {
          const p = tf.softmax(tf.mul(tf.matMul(split(query), split(key), false, true), scale));
          return tf.matMul(p, split(value));
        }),
      ],
    },
    {
      name: `attention gradient ${size}`,
      flops: 10 * pairs * headDim,
      ours: () => run(attentionGradientKernel, inputs, attrs),
    },
  ];
}

async function round(relaxed: boolean): Promise<Record<string, Outcome>> {
  const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd(), { relaxed }) });
  console.log(`${backend.adapter}${relaxed ? "" : " (plain build)"}`);
  const contests = [
    ...linearContests(132, 768, 3072),
    ...linearContests(16, 576, 1536),
    ...linearContests(1, 576, 1536),
    ...(await unembeddingContests(11, 768, 50257)),
    ...attentionContests(10, 64, 12, 64),
    ...attentionContests(1, 512, 12, 64),
  ];
  return Object.fromEntries(contests.map((contest) => [contest.name, hold(contest)]));
}

const simd = await round(false);
const relaxed = await round(true);
writeResult("kernels", { simd, relaxed });
