/**
 * Runs in the page that precision.bench.ts opens: products in every format, and what a model with random weights in the
 * shape of Qwen2.5-0.5B (all of its vocabulary, some of its blocks) holds in every precision.
 */
import { startBackend, type EngineBackend } from "../../src/gpu/backend";
import { PRECISIONS, estimateModelMemory } from "../../src/model/memoryEstimate";
import { loadWeights, type WeightSource } from "../../src/model/loadWeights";
import { expectedWeights } from "../../src/model/weightPlan";
import { qwenHalfBillion } from "../../src/model/testing/qwenHalfBillion";
import { formatOutcomes, rounded, type FormatOutcome } from "../precisionContests";

export type ModelOutcome = {
  precision: string;
  layers: number;
  heldMegabytes: number;
  estimatedMegabytes: number;
  /** What the whole model of 24 blocks is estimated to take. */
  wholeModelMegabytes: number;
  loadSeconds: number;
};

const LAYERS = 2;

export async function runPrecision(): Promise<{
  adapter: string;
  formats: FormatOutcome[];
  models: ModelOutcome[];
}> {
  const engine = await startBackend("webgpu");
  const formats = await formatOutcomes();
  const models: ModelOutcome[] = [];
  for (const precision of PRECISIONS) models.push(await heldBy(engine, precision));
  return { adapter: engine.adapter, formats, models };
}

async function heldBy(engine: EngineBackend, precision: (typeof PRECISIONS)[number]): Promise<ModelOutcome> {
  const config = qwenHalfBillion(LAYERS);
  const megabytes = (layers: number) =>
    rounded(estimateModelMemory(qwenHalfBillion(layers), { precision, backend: "webgpu" }).weights / 1e6);
  engine.trim();
  const before = engine.heldBytes();
  const start = performance.now();
  const { weights } = await loadWeights(randomSource(config), config, { precision });
  const loadSeconds = rounded((performance.now() - start) / 1000);
  engine.trim();
  const heldMegabytes = rounded((engine.heldBytes() - before) / 1e6);
  weights.dispose();
  const [estimatedMegabytes, wholeModelMegabytes] = [megabytes(LAYERS), megabytes(24)];
  return { precision, layers: LAYERS, heldMegabytes, estimatedMegabytes, wholeModelMegabytes, loadSeconds };
}

/** Every tensor the configuration asks for, filled with numbers as a trained model has them. */
function randomSource(config: ReturnType<typeof qwenHalfBillion>): WeightSource {
  const tensorNames = new Map(
    [...expectedWeights(config)].map(({ stored: { name, shape } }) => [name, { shape, dtype: "BF16" }]),
  );
  let state = 1;
  const fill = (values: Float32Array<ArrayBuffer>) => {
    for (let i = 0; i < values.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      values[i] = state * 2 ** -36;
    }
    return values;
  };
  const sizeOf = (name: string) =>
    tensorNames.get(name)!.shape.reduce((product, extent) => product * extent, 1);
  return {
    tensorNames,
    readTensor: async (name, { into } = {}) => fill(into ?? new Float32Array(sizeOf(name))),
    readRows: async (name, _first, count, { into } = {}) =>
      fill(into ?? new Float32Array(count * tensorNames.get(name)!.shape[1]!)),
  };
}
