/**
 * A trace of a GPT-2-small-shaped model (random weights, 16 tokens, a subject of 5, states) by the sweep on one WASM
 * thread, against ROME's published procedure in PyTorch on one thread (romeTrace.py), both in this run, from the same
 * weights and seed. The heatmaps must agree. Times are CPU seconds of each process, so that other work on the machine
 * does not decide; wall seconds are written beside them.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import type { WeightSource } from "../src/model/loadWeights";
import { parseModelConfig } from "../src/model/config";
import { loadModel, type Model } from "../src/model/model";
import { createTokenizer } from "../src/model/tokenizer/tokenizer";
import { trace } from "../src/tracing/trace";
import { writeResult } from "./writeResult";

const SHAPE = { layers: 12, width: 768, heads: 12, vocabulary: 50257, context: 1024 };
const PROMPT = { prompt: "The capital of Venezuela is the name of the city that is", subject: "Venezuela" };
const NOISE = { samples: 10, level: 0.3 };

type Dims = readonly [string, readonly number[]];

function tensorList(): Dims[] {
  const { layers, width: d, vocabulary, context } = SHAPE;
  const pair = (name: string, dims: readonly number[]): Dims[] => [
    [`${name}.weight`, dims],
    [`${name}.bias`, dims.slice(-1)],
  ];
  const block = (layer: number): Dims[] => [
    ...pair(`h.${layer}.ln_1`, [d]),
    ...pair(`h.${layer}.attn.c_attn`, [d, 3 * d]),
    ...pair(`h.${layer}.attn.c_proj`, [d, d]),
    ...pair(`h.${layer}.ln_2`, [d]),
    ...pair(`h.${layer}.mlp.c_fc`, [d, 4 * d]),
    ...pair(`h.${layer}.mlp.c_proj`, [4 * d, d]),
  ];
  const blocks = Array.from({ length: layers }, (_, layer) => block(layer)).flat();
  return [["wte.weight", [vocabulary, d]], ["wpe.weight", [context, d]], ...blocks, ...pair("ln_f", [d])];
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, extent) => product * extent, 1);

/** Uniform values of a spread that keeps the residual stream and the logits in a model's usual range. */
function fill(name: string, count: number, seed: number): Float32Array<ArrayBuffer> {
  if (/ln_f\.weight$/.test(name)) return new Float32Array(count).fill(4);
  if (/ln_\d\.weight$/.test(name)) return new Float32Array(count).fill(1);
  const reach = /\.bias$/.test(name) ? 0.02 : 0.08;
  const values = new Float32Array(count);
  let state = seed * 2654435761 + 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (state / 2 ** 31) * reach;
  }
  return values;
}

/** Writes all weights into one file and serves them from there. */
function writeWeights(path: string, list: readonly Dims[]): WeightSource {
  const file = openSync(path, "w");
  list.forEach(([name, dims], index) => writeSync(file, fill(name, sizeOf(dims), index + 1)));
  closeSync(file);
  const offsets = new Map<string, number>();
  list.reduce((at, [name, dims]) => (offsets.set(name, at), at + 4 * sizeOf(dims)), 0);
  const tensorNames = new Map(
    list.map(([name, dims]) => [name, { shape: [...dims], dtype: "F32" as const }]),
  );
  const readAt = (name: string, first: number, count: number): Float32Array<ArrayBuffer> => {
    const values = new Float32Array(count);
    const source = openSync(path, "r");
    readSync(source, values, 0, 4 * count, offsets.get(name)! + 4 * first);
    closeSync(source);
    return values;
  };
  return {
    tensorNames,
    readTensor: async (name) => readAt(name, 0, sizeOf(tensorNames.get(name)!.shape)),
    readRows: async (name, firstRow, rowCount) => {
      const columns = tensorNames.get(name)!.shape[1]!;
      return readAt(name, firstRow * columns, rowCount * columns);
    },
  };
}

async function openModel(weights: WeightSource): Promise<Model> {
  const { layers, width, heads, vocabulary, context } = SHAPE;
  const sizes = {
    n_layer: layers,
    n_embd: width,
    n_head: heads,
    n_positions: context,
    vocab_size: vocabulary,
  };
  const config = parseModelConfig({ model_type: "gpt2", ...sizes });
  const folder = "public/models/tiny-facts2-gpt2";
  const json = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const tokenizer = createTokenizer({
    tokenizer: json("tokenizer.json"),
    config: json("tokenizer_config.json"),
  });
  return loadModel(weights, tokenizer, config);
}

async function sweep(model: Model) {
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  const request = {
    ...PROMPT,
    kind: "state",
    window: 10,
    samples: NOISE.samples,
    noise: NOISE.level,
    seed: 1,
  } as const;
  const started = performance.now();
  const cpu = process.cpuUsage();
  const result = await trace(model, { ...request, severedNoise: "published", naive: false }, [], context);
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
}

type Published = {
  seconds: number;
  cpuSeconds: number;
  clean: number;
  corrupted: number;
  scores: number[][];
  torch: string;
};

function published(
  folder: string,
  weights: string,
  ids: readonly number[],
  subject: readonly number[],
): Published {
  const shape = { ...SHAPE, ...NOISE, tensors: tensorList(), ids, subject };
  writeFileSync(join(folder, "shape.json"), JSON.stringify(shape));
  const output = execFileSync("python3", ["bench/romeTrace.py", weights, join(folder, "shape.json")], {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
  });
  return JSON.parse(output) as Published;
}

function hasTorch(): boolean {
  try {
    execFileSync("python3", ["-c", "import torch, numpy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rome-trace-"));
  try {
    const path = join(folder, "weights.f32");
    const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
    const model = await openModel(writeWeights(path, tensorList()));
    const fast = await sweep(model);
    model.dispose();
    backend.dispose();
    const { tokens, subject, scores, clean, corrupted } = fast.result;
    const own = {
      tokens: tokens.length,
      seconds: fast.seconds,
      cpuSeconds: fast.cpuSeconds,
      clean,
      corrupted,
    };
    console.log("sweep, one WASM thread", own);
    if (tokens.length !== 16 || subject.end - subject.start !== 5)
      throw new Error("Not the prompt that was agreed.");
    if (!hasTorch()) return console.log("PyTorch is not here: no ratio.");
    const ids = tokens.map(({ id }) => id);
    const { scores: theirScores, ...rome } = published(folder, path, ids, [subject.start, subject.end]);
    console.log("ROME's procedure, PyTorch, one thread", rome);
    const apart = scores.flat().map((score, i) => Math.abs(score - theirScores.flat()[i]!));
    const figures = { ratio: fast.cpuSeconds / rome.cpuSeconds, wallRatio: fast.seconds / rome.seconds };
    const largestDifference = Math.max(...apart);
    console.log(figures, { largestDifference });
    if (!(largestDifference < 1e-4)) throw new Error("The two heatmaps differ.");
    writeResult("romeTrace", { ...figures, largestDifference, sweep: own, rome });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await run();
