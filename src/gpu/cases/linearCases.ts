/** Cases of the linear kernels: forward, input gradient, lookup, plain matrices. */
import { linearInputGradientKernel, linearKernel, lookupKernel } from "../specs/linear";
import { matmulKernel } from "../specs/matmul";
import { packedPieces } from "../panelPieces";
import type { WeightGeometry, WeightLayout } from "../weightLayout";
import { isPacked, weightShape, writeWeightRows } from "../weightLayout";
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

/** A random weight in the layout; some of its numbers are subnormal as halves. */
function weight(seed: number, geometry: WeightGeometry): NdArray {
  const shape = weightShape(geometry);
  const { inFeatures, outFeatures } = geometry;
  const values = randomValues(seed, inFeatures * outFeatures).map((value, i) =>
    i % 7 === 3 ? value * 2e-5 : value,
  );
  const rows = { geometry, orientation: "inOut", firstRow: 0, values } as const;
  if (!isPacked(geometry.layout)) {
    const laid = new Float32Array(sizeOf(shape));
    writeWeightRows(laid, geometry, "inOut", 0, values);
    return { shape, values: laid };
  }
  const words = new Int32Array(sizeOf(shape));
  for (const piece of packedPieces(rows)) words.set(piece.words, piece.firstWord);
  return { shape, values: words };
}

/** One row and several, whole quads and panels and not, more than one block of 32 inputs. */
const PACKED_SIZES = [
  [1, 64, 96],
  [1, 33, 17],
  [5, 40, 9],
  [9, 130, 66],
  [33, 24, 100],
] as const;

const PACKED_LAYOUTS = ["panels8Float16", "panels8Bfloat16", "panels8Int8"] as const;

export function linearCases(layoutOf: (kind: "linear" | "rowTable") => WeightLayout): KernelCase[] {
  const layouts = [...new Set([layoutOf("linear"), layoutOf("rowTable")]), ...PACKED_LAYOUTS];
  const tables = [layoutOf("rowTable"), ...PACKED_LAYOUTS];
  return [...layouts.flatMap(mapCases), ...tables.flatMap(lookupCases), ...matmulCases()];
}

function mapCases(layout: WeightLayout): KernelCase[] {
  const sizes = isPacked(layout) ? PACKED_SIZES : SIZES;
  return sizes.flatMap(([rows, inFeatures, outFeatures], i) => {
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
  const geometry = { inFeatures: 45, outFeatures: 21, layout };
  const spec = lookupKernel as unknown as KernelSpec;
  const table = weight(7, geometry);
  return [
    {
      name: `lookup ${layout}`,
      spec,
      inputs: { ids: integers([20, 0, 7, 8, 7]), weight: table },
      attrs: { ...geometry, firstRow: 0 },
    },
    {
      name: `lookup in a later chunk ${layout}: zeros for ids elsewhere`,
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
