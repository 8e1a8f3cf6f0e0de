/** Slow twins of picking rows out of a matrix and of the reverse. */
type Values = Float32Array | Int32Array;

/** y[i] = x[rows[i]]. */
export function gatherRows(x: Values, rows: Values, width: number): Float32Array {
  const y = new Float32Array(rows.length * width);
  rows.forEach((row, i) => y.set(x.subarray(row * width, (row + 1) * width), i * width));
  return y;
}

/** y[rows[i]] += dy[i], over `rowCount` rows that start at zero. */
export function scatterRows(dy: Values, rows: Values, width: number, rowCount: number): Float32Array {
  const y = new Float32Array(rowCount * width);
  rows.forEach((row, i) => {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      y[at] = (y[at] as number) + (dy[i * width + column] as number);
    }
  });
  return y;
}
