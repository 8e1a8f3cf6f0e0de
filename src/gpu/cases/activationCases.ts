/** Cases of the activation functions, including values where they saturate. */
import type { KernelSpec } from "../kernelSpec";
import {
  activationGradientKernel,
  activationKernel,
  gatedActivationGradientKernel,
  gatedActivationKernel,
} from "../specs/activation";
import type { KernelCase } from "./kernelCases";
import { array } from "./linearCases";

const KINDS = ["gelu_new", "gelu", "silu", "gelu_tanh"] as const;

/** Saturation on both sides, zero, and the steep part between; 61 values: not a multiple of any vector width. */
function wide(): { shape: number[]; values: Float32Array } {
  const edges = [-100, -30, -10, -5, -1e-3, 0, 1e-3, 5, 10, 30, 100];
  const values = [...edges, ...Array.from({ length: 50 }, (_, i) => (i - 25) / 6)];
  return { shape: [1, 61], values: Float32Array.from(values) };
}

export function activationCases(): KernelCase[] {
  const x = wide();
  const up = array(800, x.shape);
  const dy = array(801, x.shape);
  return KINDS.flatMap((kind) => [
    { name: `${kind}`, spec: activationKernel as unknown as KernelSpec, inputs: { x }, attrs: { kind } },
    {
      name: `${kind} gradient`,
      spec: activationGradientKernel as unknown as KernelSpec,
      inputs: { dy, x },
      attrs: { kind },
    },
    {
      name: `gated ${kind}`,
      spec: gatedActivationKernel as unknown as KernelSpec,
      inputs: { gate: x, up },
      attrs: { kind },
    },
    {
      name: `gated ${kind} gradient`,
      spec: gatedActivationGradientKernel as unknown as KernelSpec,
      inputs: { dy, gate: x, up },
      attrs: { kind },
    },
  ]);
}
