/** Cases of the linear kernels: forward, input gradient, lookup, plain matrices. */
import { linearInputGradientKernel, linearKernel, lookupKernel } from "../specs/linear";
import { matmulKernel } from "../specs/matmul";
import type { WeightGeometry, WeightLayout } from "../weightLayout";
import { weightShape, writeWeightRows } from "../weightLayout";
import type { KernelSpec, NdArray } from "../kernelSpec";
import type { KernelCase } from "./kernelCases";
import { randomValues, sizeOf } from "./random";

/** [rows, in, out] */
const SIZES = [
  [1, 1, 1],
  [1, 64, 96],
  [1, 33, 17],
  [2, 8, 8],
  [3, 5, 7],
  [4, 16, 24],
  [5, 40, 9],
  [7, 31, 41],
  [9, 130, 66],
  [33, 24, 100],
] as const;

export function array(seed: number, shape: readonly number[], spread = 1): NdArray {
  return { shape, values: randomValues(seed, sizeOf(shape), spread) };
}

export function integers(values: readonly number[]): NdArray {
  return { shape: [values.length], values: Int32Array.from(values) };
}

/** A random weight in the backend's layout. */
function weight(seed: number, geometry: WeightGeometry): NdArray {
  const shape = weightShape(geometry);
  const values = new Float32Array(sizeOf(shape));
  const { inFeatures, outFeatures } = geometry;
  writeWeightRows(values, geometry, "inOut", 0, randomValues(seed, inFeatures * outFeatures));
  return { shape, values };
}

export function linearCases(layoutOf: (kind: "linear" | "rowTable") => WeightLayout): KernelCase[] {
  const layouts = [...new Set([layoutOf("linear"), layoutOf("rowTable")])];
  return [...layouts.flatMap(mapCases), ...lookupCases(layoutOf("rowTable")), ...matmulCases()];
}

function mapCases(layout: WeightLayout): KernelCase[] {
  return SIZES.flatMap(([rows, inFeatures, outFeatures], i) => {
    const geometry = { inFeatures, outFeatures, layout };
    const name = `[${rows}, ${inFeatures}] x [${inFeatures}, ${outFeatures}] ${layout}`;
    const x = array(10 + i, [rows, inFeatures]);
    const w = weight(40 + i, geometry);
    const spec = linearKernel as unknown as KernelSpec;
    return [
      {
        name: `linear ${name}`,
        spec,
        inputs: { x, weight: w, bias: { shape: [], values: Float32Array.of(9) } },
        attrs: { ...geometry, hasBias: false },
      },
      {
        name: `linear with bias ${name}`,
        spec,
        inputs: { x, weight: w, bias: array(70 + i, [outFeatures]) },
        attrs: { ...geometry, hasBias: true },
      },
      {
        name: `linear input gradient ${name}`,
        spec: linearInputGradientKernel as unknown as KernelSpec,
        inputs: { dy: array(100 + i, [rows, outFeatures]), weight: w },
        attrs: geometry,
      },
    ];
  });
}

function lookupCases(layout: WeightLayout): KernelCase[] {
  const geometry = { inFeatures: 13, outFeatures: 21, layout };
  const spec = lookupKernel as unknown as KernelSpec;
  const table = weight(7, geometry);
  return [
    {
      name: "lookup",
      spec,
      inputs: { ids: integers([20, 0, 7, 8, 7]), weight: table },
      attrs: { ...geometry, firstRow: 0 },
    },
    {
      name: "lookup in a later chunk: zeros for ids elsewhere",
      spec,
      inputs: { ids: integers([15, 16, 36, 37, 3]), weight: table },
      attrs: { ...geometry, firstRow: 16 },
    },
  ];
}

function matmulCases(): KernelCase[] {
  const sizes = [
    [1, 1, 1],
    [3, 5, 7],
    [8, 16, 8],
    [13, 33, 21],
    [1, 40, 30],
    [30, 40, 1],
  ] as const;
  return sizes.flatMap(([rows, inner, columns], i) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) => ({
        name: `matmul [${rows}, ${inner}, ${columns}] ${transposeA ? "aᵀ" : "a"} ${transposeB ? "bᵀ" : "b"}`,
        spec: matmulKernel as unknown as KernelSpec,
        inputs: {
          a: array(200 + i, transposeA ? [inner, rows] : [rows, inner]),
          b: array(220 + i, transposeB ? [columns, inner] : [inner, columns]),
        },
        attrs: { transposeA, transposeB },
      })),
    ),
  );
}
