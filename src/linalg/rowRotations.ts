/**
 * The eigenvectors on their way: a square matrix whose neighbouring rows are rotated, sweep after sweep. Through WebAssembly
 * (wasm/rotationKernel.ts) or row by row in plain loops; both give the same bits.
 */

export interface RowRotations {
  /** A sweep begins: its first rotation is of the rows `upper` and `upper` + 1, each further one a row higher. */
  begin(upper: number): void;
  /** The next pair of rows x, y becomes cosine x − sine y, sine x + cosine y. */
  rotate(sine: number, cosine: number): void;
  /** The matrix with its rows in this order. */
  inOrder(order: readonly number[]): Float64Array;
}

/** Rotates at once, in place. */
export function plainRotations(rows: Float64Array, n: number): RowRotations {
  let upper = 0;
  return {
    begin: (row) => void (upper = row * n),
    rotate(sine, cosine) {
      const lower = upper + n;
      for (let k = 0; k < n; k++) {
        const x = rows[upper + k]!;
        const y = rows[lower + k]!;
        rows[lower + k] = sine * x + cosine * y;
        rows[upper + k] = cosine * x - sine * y;
      }
      upper -= n;
    },
    inOrder(order) {
      const ordered = new Float64Array(n * n);
      order.forEach((from, to) => ordered.set(rows.subarray(from * n, (from + 1) * n), to * n));
      return ordered;
    },
  };
}
