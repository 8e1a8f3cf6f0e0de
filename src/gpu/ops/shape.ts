/** The checks at the facade's door: shape errors name the op, what it expected and what it got. */
import { invariant } from "../../lib/errors";
import type { Tensor } from "../tensor";

/** "[2, 3]". */
export function show(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** Checks a shape against numbers and names; a name stands for any extent. Returns the shape. */
export function expectShape(
  op: string,
  argument: string,
  tensor: Tensor,
  expected: readonly (number | string)[],
): readonly number[] {
  const fits =
    tensor.shape.length === expected.length &&
    expected.every((extent, axis) => typeof extent === "string" || tensor.shape[axis] === extent);
  invariant(fits, `${op}: ${argument} must be [${expected.join(", ")}], got ${show(tensor.shape)}`);
  return tensor.shape;
}

/** The extent of the last axis. */
export function lastExtent(op: string, tensor: Tensor): number {
  const extent = tensor.shape[tensor.shape.length - 1];
  invariant(extent !== undefined, `${op}: needs at least one axis, got a scalar`);
  return extent;
}

/** Numpy's rule: aligned at the end, extents equal or one of them 1. */
export function expectBroadcastable(op: string, a: Tensor, b: Tensor): void {
  const rank = Math.min(a.shape.length, b.shape.length);
  for (let axis = 1; axis <= rank; axis++) {
    const left = a.shape[a.shape.length - axis];
    const right = b.shape[b.shape.length - axis];
    invariant(
      left === right || left === 1 || right === 1,
      `${op}: shapes ${show(a.shape)} and ${show(b.shape)} do not broadcast`,
    );
  }
}

/** Checks that every index is a whole number in 0 … limit - 1: gathers out of range are silent on GPUs. */
export function expectIndices(op: string, argument: string, indices: ArrayLike<number>, limit: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    invariant(
      Number.isInteger(index) && index >= 0 && index < limit,
      `${op}: ${argument}[${i}] is ${index}, must be in 0 … ${limit - 1}`,
    );
  }
}
