/** Cases of the activation functions, including values where they saturate. */
import type { KernelSpec, NdArray } from "../kernelSpec";
import {
  activationGradientKernel,
  activationKernel,
  gatedActivationGradientKernel,
  gatedActivationKernel,
} from "../specs/activation";
import type { KernelCase } from "./kernelCases";
import { array } from "./linearCases";

const KINDS = ["gelu_new", "gelu", "silu", "gelu_tanh"] as const;

interface Range {
  readonly title: string;
  readonly x: NdArray;
}

/** 61 values: not a multiple of any vector width. The error is measured against the largest, hence two ranges. */
const RANGES: readonly Range[] = [
  {
    title: "between -4 and 4",
    x: { shape: [1, 61], values: Float32Array.from({ length: 61 }, (_, i) => (i - 30) / 7.5) },
  },
  {
    title: "saturated",
    x: { shape: [11], values: Float32Array.of(-100, -30, -10, -6, -1e-30, 0, 1e-30, 6, 10, 30, 100) },
  },
];

export function activationCases(): KernelCase[] {
  return RANGES.flatMap((range) => KINDS.flatMap((kind) => casesOf(kind, range)));
}

function casesOf(kind: (typeof KINDS)[number], { title, x }: Range): KernelCase[] {
  const up = array(800, x.shape);
  const dy = array(801, x.shape);
  return [
    {
      name: `${kind} ${title}`,
      spec: activationKernel as unknown as KernelSpec,
      inputs: { x },
      attrs: { kind },
    },
    {
      name: `${kind} gradient ${title}`,
      spec: activationGradientKernel as unknown as KernelSpec,
      inputs: { dy, x },
      attrs: { kind },
    },
    {
      name: `gated ${kind} ${title}`,
      spec: gatedActivationKernel as unknown as KernelSpec,
      inputs: { gate: x, up },
      attrs: { kind },
    },
    {
      name: `gated ${kind} gradient ${title}`,
      spec: gatedActivationGradientKernel as unknown as KernelSpec,
      inputs: { dy, gate: x, up },
      attrs: { kind },
    },
  ];
}
