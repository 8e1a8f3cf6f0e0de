/** Cases of attention, its gradient and its probabilities, and of rope. */
import type { KernelSpec } from "../kernelSpec";
import { attentionGradientKernel, attentionKernel, attentionProbabilitiesKernel } from "../specs/attention";
import { ropeKernel } from "../specs/rope";
import type { KernelCase } from "./kernelCases";
import { array } from "./linearCases";

interface AttentionSetting {
  readonly title: string;
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly window?: number;
  readonly prefixBatch?: number;
  readonly prefix?: number;
}

const SETTINGS: readonly AttentionSetting[] = [
  { title: "one position", batch: 1, queries: 1, keys: 1, heads: 1, keyValueHeads: 1, headDim: 4 },
  { title: "plain", batch: 2, queries: 7, keys: 7, heads: 3, keyValueHeads: 3, headDim: 8 },
  { title: "grouped heads", batch: 2, queries: 9, keys: 9, heads: 6, keyValueHeads: 2, headDim: 16 },
  { title: "odd head size", batch: 1, queries: 5, keys: 5, heads: 2, keyValueHeads: 1, headDim: 6 },
  { title: "window", batch: 2, queries: 11, keys: 11, heads: 2, keyValueHeads: 2, headDim: 8, window: 4 },
  {
    title: "window of one",
    batch: 1,
    queries: 4,
    keys: 4,
    heads: 2,
    keyValueHeads: 2,
    headDim: 8,
    window: 1,
  },
  { title: "last query", batch: 3, queries: 1, keys: 6, heads: 4, keyValueHeads: 2, headDim: 8 },
  { title: "last queries", batch: 1, queries: 3, keys: 8, heads: 2, keyValueHeads: 2, headDim: 12 },
  {
    title: "prefix",
    batch: 2,
    queries: 4,
    keys: 4,
    heads: 2,
    keyValueHeads: 1,
    headDim: 8,
    prefixBatch: 1,
    prefix: 5,
  },
  {
    title: "prefix of several rows",
    batch: 6,
    queries: 3,
    keys: 3,
    heads: 2,
    keyValueHeads: 2,
    headDim: 8,
    prefixBatch: 3,
    prefix: 2,
  },
  {
    title: "prefix, window, last query",
    batch: 4,
    queries: 2,
    keys: 5,
    heads: 4,
    keyValueHeads: 2,
    headDim: 16,
    prefixBatch: 2,
    prefix: 7,
    window: 6,
  },
  { title: "long", batch: 1, queries: 70, keys: 70, heads: 2, keyValueHeads: 1, headDim: 64 },
  {
    title: "step of a generation",
    batch: 1,
    queries: 1,
    keys: 1,
    heads: 9,
    keyValueHeads: 3,
    headDim: 64,
    prefixBatch: 1,
    prefix: 37,
  },
];

export function attentionCases(): KernelCase[] {
  return [...SETTINGS.flatMap(casesOf), ...ropeCases()];
}

function casesOf(setting: AttentionSetting, index: number): KernelCase[] {
  const { title, batch, queries, keys, heads, keyValueHeads, headDim, window = 0, prefix = 0 } = setting;
  const seed = 300 + 10 * index;
  const query = array(seed, [batch, queries, heads * headDim], 2);
  const key = array(seed + 1, [batch, keys, keyValueHeads * headDim], 2);
  const value = array(seed + 2, [batch, keys, keyValueHeads * headDim]);
  const prefixShape = prefix > 0 ? [setting.prefixBatch ?? 1, prefix, keyValueHeads * headDim] : [];
  const prefixKey = array(seed + 3, prefixShape, 2);
  const prefixValue = array(seed + 4, prefixShape);
  const dy = array(seed + 5, query.shape);
  const attrs = { heads, keyValueHeads, scale: 1 / Math.sqrt(headDim), window, prefix };
  const tolerance = 4e-6;
  return [
    {
      name: `attention: ${title}`,
      spec: attentionKernel as unknown as KernelSpec,
      inputs: { query, key, value, prefixKey, prefixValue },
      attrs,
      tolerance,
    },
    {
      name: `attention gradient: ${title}`,
      spec: attentionGradientKernel as unknown as KernelSpec,
      inputs: { dy, query, key, value, prefixKey, prefixValue },
      attrs,
      tolerance,
    },
    {
      name: `attention probabilities: ${title}`,
      spec: attentionProbabilitiesKernel as unknown as KernelSpec,
      inputs: { query, key, prefixKey },
      attrs,
      tolerance,
    },
  ];
}

function ropeCases(): KernelCase[] {
  const settings = [
    { heads: 2, headDim: 8, rotaryDims: 8, batch: 2, positions: 5, firstPosition: 0 },
    { heads: 3, headDim: 10, rotaryDims: 6, batch: 1, positions: 3, firstPosition: 4 },
    { heads: 1, headDim: 64, rotaryDims: 64, batch: 3, positions: 1, firstPosition: 7 },
  ];
  return settings.flatMap(({ heads, headDim, rotaryDims, batch, positions, firstPosition }, i) =>
    (["half", "interleaved"] as const).flatMap((style) =>
      [false, true].map((transposed) => ({
        name: `rope ${style} ${heads}x${headDim}/${rotaryDims} at ${firstPosition}${transposed ? ", transposed" : ""}`,
        spec: ropeKernel as unknown as KernelSpec,
        inputs: {
          x: array(500 + i, [batch, positions, heads * headDim]),
          cos: array(510 + i, [firstPosition + positions + 1, rotaryDims / 2]),
          sin: array(520 + i, [firstPosition + positions + 1, rotaryDims / 2]),
        },
        attrs: { heads, headDim, rotaryDims, style, firstPosition, transposed },
      })),
    ),
  );
}
