/**
 * rowProducts.ts's work through the WebAssembly kernels: rows are copied to a workspace of fixed size, block by block, and
 * each number copied serves dozens of products. The bits are those of rowProductTiles.ts.
 */
import type { Rows } from "../rowProductTiles";
import { createKernels, type Kernels } from "./kernels";

/** Rows of A and of B in the workspace, and their longest stretch: a multiple of the 256 terms that are summed at a time. */
const A_ROWS = 64;
const B_ROWS = 192;
const DEPTH = 2048;
/** Numbers between two rows of A: not a power of two, or the rows would share the places of a cache. */
const STRIDE = DEPTH + 8;
/** Places in the workspace, in numbers. */
const A = 0;
const PANELS = A + A_ROWS * STRIDE;
const T = PANELS + B_ROWS * DEPTH;
const LENGTH = T + A_ROWS * B_ROWS;

const BYTES = Float64Array.BYTES_PER_ELEMENT;

let workspace: Kernels | "none" | undefined;

/** The kernels with their workspace; undefined where there are none. */
export function productKernels(): Kernels | undefined {
  workspace ??= createKernels(LENGTH * BYTES) ?? "none";
  return workspace === "none" ? undefined : workspace;
}

/** As `subtractRowProducts`. */
export function subtractWithKernels(
  kernels: Kernels,
  target: Rows,
  a: Rows,
  b: Rows,
  m: number,
  n: number,
  depth: number,
): void {
  for (let from = 0; from < depth; from += DEPTH) {
    const length = Math.min(DEPTH, depth - from);
    for (let j = 0; j < n; j += B_ROWS) {
      const columns = Math.min(B_ROWS, n - j);
      packRows(kernels, b, b.from + j * b.stride + from, columns, length);
      for (let i = 0; i < m; i += A_ROWS) {
        const rows = Math.min(A_ROWS, m - i);
        copyRows(kernels.floats, a, a.from + i * a.stride + from, rows, length);
        subtractBlock(kernels, target, target.from + i * target.stride + j, rows, columns, length);
      }
    }
  }
}

/** B's rows pass through the place of A's. */
function packRows(kernels: Kernels, b: Rows, from: number, count: number, length: number): void {
  for (let row = 0; row < count; row += A_ROWS) {
    const rows = Math.min(A_ROWS, count - row);
    copyRows(kernels.floats, b, from + row * b.stride, rows, length);
    kernels.packPanels(A * BYTES, STRIDE * BYTES, rows, length, (PANELS + row * length) * BYTES);
  }
}

/** With zeros for the rows that the last tile of four lacks. */
function copyRows(
  floats: Float64Array,
  { values, stride }: Rows,
  from: number,
  rows: number,
  length: number,
): void {
  for (let row = 0; row < rows; row++) {
    const start = from + row * stride;
    floats.set(values.subarray(start, start + length), A + row * STRIDE);
  }
  for (let row = rows; row % 4 !== 0; row++) floats.fill(0, A + row * STRIDE, A + row * STRIDE + length);
}

function subtractBlock(
  kernels: Kernels,
  { values, stride }: Rows,
  from: number,
  rows: number,
  columns: number,
  length: number,
): void {
  const { floats } = kernels;
  const [tiles, panels] = [Math.ceil(rows / 4), Math.ceil(columns / 4)];
  for (let row = 0; row < rows; row++) {
    const [there, here] = [from + row * stride, T + row * B_ROWS];
    for (let column = 0; column < columns; column++) floats[here + column] = values[there + column]!;
  }
  kernels.subtractProducts(
    T * BYTES,
    B_ROWS * BYTES,
    A * BYTES,
    STRIDE * BYTES,
    tiles,
    PANELS * BYTES,
    panels,
    length,
  );
  for (let row = 0; row < rows; row++) {
    const [there, here] = [from + row * stride, T + row * B_ROWS];
    for (let column = 0; column < columns; column++) values[there + column] = floats[here + column]!;
  }
}
