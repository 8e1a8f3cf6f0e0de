/** substitution.ts's work through the WebAssembly kernels: rows are laid side by side in a workspace of fixed size. */
import type { Rows } from "../rowProductTiles";
import type { Triangle } from "../substitution";
import { createKernels, type Kernels } from "./kernels";

/** The largest triangle, and the rows taken at a time: a multiple of the kernel's eight. */
const SIZE = 64;
const ROWS = 64;
/** Places in the workspace, in numbers. */
const T = 0;
const X = T + SIZE * SIZE;
const LENGTH = X + SIZE * ROWS;

const BYTES = Float64Array.BYTES_PER_ELEMENT;

let workspace: Kernels | "none" | undefined;

/** The kernels with their workspace; undefined where there are none, or for a triangle beyond it. */
export function substitutionKernels(size: number): Kernels | undefined {
  workspace ??= createKernels(LENGTH * BYTES) ?? "none";
  return workspace === "none" || size > SIZE ? undefined : workspace;
}

/** As `substituteRows`. */
export function substituteWithKernels(
  kernels: Kernels,
  { size, values: t }: Triangle,
  { values: x, from, stride }: Rows,
  count: number,
  step: 1 | -1,
): void {
  const { floats } = kernels;
  floats.set(t, T);
  for (let first = 0; first < count; first += ROWS) {
    const rows = Math.min(ROWS, count - first);
    const start = from + first * stride;
    // What the kernel takes beyond the rows is solved as well, and left there.
    const columns = 8 * Math.ceil(rows / 8);
    if (rows < columns) floats.fill(0, X, X + size * columns);
    for (let row = 0; row < rows; row++) {
      const there = start + row * stride;
      for (let i = 0; i < size; i++) floats[X + i * columns + row] = x[there + step * i]!;
    }
    kernels.substitute(T * BYTES, X * BYTES, size, columns);
    for (let row = 0; row < rows; row++) {
      const there = start + row * stride;
      for (let i = 0; i < size; i++) x[there + step * i] = floats[X + i * columns + row]!;
    }
  }
}
