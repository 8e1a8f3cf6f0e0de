/** Cases of the kernels that work row by row: norms, softmax, losses, gathers. */
import type { KernelSpec } from "../kernelSpec";
import {
  crossEntropyGradientKernel,
  crossEntropyKernel,
  klDivergenceGradientKernel,
  klDivergenceKernel,
  softmaxGradientKernel,
  softmaxKernel,
} from "../specs/loss";
import { layerNormKernel, normaliseGradientKernel, rmsNormKernel } from "../specs/normalise";
import { gatherRowsKernel, scatterRowsKernel } from "../specs/rows";
import { softmax } from "../reference/loss";
import type { KernelCase } from "./kernelCases";
import { array, integers } from "./linearCases";

/** [rows, width] */
const SIZES = [
  [1, 1],
  [3, 2],
  [2, 7],
  [5, 64],
  [4, 67],
  [2, 515],
] as const;

export function rowCases(): KernelCase[] {
  return [
    ...SIZES.flatMap(normCases),
    ...SIZES.flatMap(softmaxCases),
    ...SIZES.flatMap(lossCases),
    ...gatherCases(),
  ];
}

function normCases([rows, width]: readonly [number, number], i: number): KernelCase[] {
  const x = array(600 + i, [rows, width], 3);
  const gain = array(610 + i, [width]);
  const bias = array(620 + i, [width]);
  const dy = array(630 + i, [rows, width]);
  const name = `[${rows}, ${width}]`;
  // A single element has variance zero: eps is all there is, so it is large enough to keep the result tame.
  const eps = width === 1 ? 0.1 : 1e-5;
  const tolerance = 1e-5;
  const gradient = normaliseGradientKernel as unknown as KernelSpec;
  return [
    {
      name: `layer norm ${name}`,
      spec: layerNormKernel as unknown as KernelSpec,
      inputs: { x, gain, bias },
      attrs: { eps },
      tolerance,
    },
    {
      name: `rms norm ${name}`,
      spec: rmsNormKernel as unknown as KernelSpec,
      inputs: { x, gain },
      attrs: { eps },
      tolerance,
    },
    {
      name: `layer norm gradient ${name}`,
      spec: gradient,
      inputs: { dy, x, gain },
      attrs: { eps, centred: true },
      tolerance,
    },
    {
      name: `rms norm gradient ${name}`,
      spec: gradient,
      inputs: { dy, x, gain },
      attrs: { eps, centred: false },
      tolerance,
    },
  ];
}

function softmaxCases([rows, width]: readonly [number, number], i: number): KernelCase[] {
  return [false, true].flatMap((log) => {
    const x = array(650 + i, [rows, width], 20);
    const y = { shape: x.shape, values: softmax(x.values, width, log) };
    const name = `${log ? "log softmax" : "softmax"} [${rows}, ${width}]`;
    return [
      { name, spec: softmaxKernel as unknown as KernelSpec, inputs: { x }, attrs: { log } },
      {
        name: `${name} gradient`,
        spec: softmaxGradientKernel as unknown as KernelSpec,
        inputs: { dy: array(660 + i, [rows, width]), y },
        attrs: { log },
      },
    ];
  });
}

function lossCases([rows, width]: readonly [number, number], i: number): KernelCase[] {
  const logits = array(670 + i, [rows, width], 10);
  const reference = {
    shape: logits.shape,
    values: softmax(array(680 + i, [rows, width], 6).values, width, true),
  };
  const targets = integers(Array.from({ length: rows }, (_, row) => (row * 31 + width - 1) % width));
  const dy = array(690 + i, [rows]);
  const name = `[${rows}, ${width}]`;
  return [
    {
      name: `cross-entropy ${name}`,
      spec: crossEntropyKernel as unknown as KernelSpec,
      inputs: { logits, targets },
      attrs: {},
    },
    {
      name: `cross-entropy gradient ${name}`,
      spec: crossEntropyGradientKernel as unknown as KernelSpec,
      inputs: { dy, logits, targets },
      attrs: {},
    },
    {
      name: `KL divergence ${name}`,
      spec: klDivergenceKernel as unknown as KernelSpec,
      inputs: { reference, logits },
      attrs: {},
    },
    {
      name: `KL divergence gradient ${name}`,
      spec: klDivergenceGradientKernel as unknown as KernelSpec,
      inputs: { dy, reference, logits },
      attrs: {},
    },
  ];
}

function gatherCases(): KernelCase[] {
  const rows = integers([4, 0, 4, 2]);
  return [
    {
      name: "gather rows",
      spec: gatherRowsKernel as unknown as KernelSpec,
      inputs: { x: array(700, [5, 11]), rows },
      attrs: { rowCount: 5 },
    },
    {
      name: "scatter rows, one of them twice",
      spec: scatterRowsKernel as unknown as KernelSpec,
      inputs: { dy: array(701, [4, 11]), rows },
      attrs: { rowCount: 5 },
    },
  ];
}
