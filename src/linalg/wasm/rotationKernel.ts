/**
 * rowRotations.ts's work through the WebAssembly kernels. The matrix moves to the kernels' memory in strips of eight columns;
 * rotations are gathered and then run over one strip after the other, each of which stays in a cache meanwhile.
 */
import type { RowRotations } from "../rowRotations";
import { createKernels, type Kernels } from "./kernels";

/** Columns of a strip: what the kernel takes at a time. */
const WIDTH = 8;
/** Rotations gathered before they are run. */
const GATHERED = 32768;

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Rotations of a copy of `rows` [n, n]; undefined where there are no kernels. */
export function kernelRotations(rows: Float64Array, n: number): RowRotations | undefined {
  const strips = Math.ceil(n / WIDTH);
  const room = Math.max(GATHERED, n);
  const pairs = strips * n * WIDTH;
  const kernels = createKernels((pairs + 2 * room) * BYTES);
  if (!kernels) return undefined;
  const { floats } = kernels;
  copyIn(kernels, rows, n);
  /** Where each sweep starts: its lowest row, and its first rotation. */
  let sweeps: { row: number; first: number }[] = [];
  let count = 0;
  const run = () => {
    const ends = [...sweeps.slice(1).map(({ first }) => first), count];
    for (let strip = 0; strip < strips; strip++) {
      for (const [at, { row, first }] of sweeps.entries()) {
        const place = (strip * n + row) * WIDTH * BYTES;
        kernels.rotateStrip(place, (pairs + 2 * first) * BYTES, ends[at]! - first);
      }
    }
    [sweeps, count] = [[], 0];
  };
  return {
    begin(upper) {
      if (count + upper + 1 > room) run();
      sweeps.push({ row: upper + 1, first: count });
    },
    rotate(sine, cosine) {
      floats[pairs + 2 * count] = sine;
      floats[pairs + 2 * count + 1] = cosine;
      count += 1;
    },
    inOrder(order) {
      run();
      return copyOut(kernels, order, n);
    },
  };
}

function copyIn({ floats }: Kernels, rows: Float64Array, n: number): void {
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column += WIDTH) {
      const end = Math.min(column + WIDTH, n);
      const to = column * n + row * WIDTH;
      for (let at = column; at < end; at++) floats[to + at - column] = rows[row * n + at]!;
    }
  }
}

function copyOut({ floats }: Kernels, order: readonly number[], n: number): Float64Array {
  const out = new Float64Array(n * n);
  order.forEach((row, to) => {
    for (let column = 0; column < n; column += WIDTH) {
      const end = Math.min(column + WIDTH, n);
      const from = column * n + row * WIDTH;
      for (let at = column; at < end; at++) out[to * n + at] = floats[from + at - column]!;
    }
  });
  return out;
}
