/**
 * One table of kernel calls for every backend: each case runs a kernel and compares it with its slow twin. Sizes are
 * chosen at the edges: not multiples of the panel, one row, more rows than a tile, prefix and window, grouped heads.
 */
import type { Attributes, KernelSpec, NdArray } from "../kernelSpec";
import type { WeightGeometry, WeightLayout } from "../weightLayout";
import { activationCases } from "./activationCases";
import { attentionCases } from "./attentionCases";
import { linearCases } from "./linearCases";
import { rowCases } from "./rowCases";

export interface KernelCase {
  readonly name: string;
  readonly spec: KernelSpec;
  readonly inputs: Readonly<Record<string, NdArray>>;
  readonly attrs: Attributes;
  /** Largest allowed |a - b| / max(1, max|b|); 2e-6 unless the case says more. */
  readonly tolerance?: number;
}

/** The cases with the weight layouts of one backend. */
export function kernelCases(layout: (kind: "linear" | "rowTable") => WeightLayout): KernelCase[] {
  return [...linearCases(layout), ...attentionCases(), ...rowCases(), ...activationCases()];
}

export type { WeightGeometry };
