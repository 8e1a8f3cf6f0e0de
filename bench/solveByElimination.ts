/**
 * The obvious dense solve: Gaussian elimination with partial pivoting of the whole system and its right-hand sides, as
 * torch.linalg.solve does it for the published code, in plain loops over rows.
 */

/** X [n, columns] with A X = B for A [n, n] and B [n, columns]; both are left alone. */
export function solveByElimination(
  a: Float64Array,
  n: number,
  b: Float64Array,
  columns: number,
): Float64Array {
  const system = Float64Array.from(a);
  const x = Float64Array.from(b);
  for (let k = 0; k < n; k++) {
    const pivot = largestBelow(system, n, k);
    swapRows(system, n, k, pivot);
    swapRows(x, columns, k, pivot);
    for (let i = k + 1; i < n; i++) {
      const factor = system[i * n + k]! / system[k * n + k]!;
      for (let j = k + 1; j < n; j++) system[i * n + j]! -= factor * system[k * n + j]!;
      for (let c = 0; c < columns; c++) x[i * columns + c]! -= factor * x[k * columns + c]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) {
      const factor = system[i * n + k]!;
      for (let c = 0; c < columns; c++) x[i * columns + c]! -= factor * x[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) x[i * columns + c]! /= system[i * n + i]!;
  }
  return x;
}

function largestBelow(a: Float64Array, n: number, k: number): number {
  let best = k;
  for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[best * n + k]!)) best = i;
  return best;
}

function swapRows(a: Float64Array, width: number, i: number, j: number): void {
  if (i === j) return;
  const row = a.slice(i * width, (i + 1) * width);
  a.copyWithin(i * width, j * width, (j + 1) * width);
  a.set(row, j * width);
}
