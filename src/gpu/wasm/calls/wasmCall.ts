/** What a kernel of ours gets to know of a call, and what most of them need to turn it into addresses, sizes and cuts. */
import type { Attributes, KernelSpec } from "../../kernelSpec";
import type { Cut, KernelTeam } from "../kernelTeam";

/** A tensor as a kernel sees it. */
export interface Operand {
  readonly at: number;
  readonly shape: readonly number[];
}

export interface WasmCall<Input extends string, A extends Attributes> {
  readonly team: KernelTeam;
  readonly inputs: Readonly<Record<Input, Operand>>;
  readonly outputs: readonly Operand[];
  readonly attrs: A;
  /** Memory for `floats` values, freed when the call returns. */
  scratch(floats: number): number;
}

export interface WasmKernel {
  readonly spec: KernelSpec;
  compute(call: WasmCall<string, Attributes>): void;
}

/** Pairs a spec with its computation; the types of the pair are checked, then forgotten. */
export function on<Input extends string, A extends Attributes>(
  spec: KernelSpec<Input, A>,
  compute: (call: WasmCall<Input, A>) => void,
): WasmKernel {
  return { spec, compute } as unknown as WasmKernel;
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** What an activation or a term of softmax costs, in multiplications. */
export const EXP = 10;

/** Rows and width of the last axis. */
export function rowsOf({ shape }: Operand): [number, number] {
  const width = shape[shape.length - 1] as number;
  return [width === 0 ? 0 : count(shape) / width, width];
}

/**
 * How a kernel is cut whose rows do not depend on each other. Its first arguments are addresses, each with the bytes of
 * a row there, then comes the number of rows.
 * @param work multiplications or their like per number, one call of exp being some ten
 */
export function byRows(rowBytes: readonly number[], rows: number, work: number, multiple = 1): Cut {
  const steps = Object.fromEntries(rowBytes.entries());
  return { units: rows, multiple, work: work * rows, unitsAt: rowBytes.length, steps };
}

/** The same for numbers that do not depend on each other. */
export const byNumbers = (addresses: number, numbers: number, work: number): Cut =>
  byRows(new Array<number>(addresses).fill(4), numbers, work, 64);

export const out = (call: { readonly outputs: readonly Operand[] }, index = 0): number =>
  (call.outputs[index] as Operand).at;
export const extent = (operand: Operand, axis: number): number => operand.shape[axis] as number;
