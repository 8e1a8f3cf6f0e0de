/** Rotations of neighbouring rows of a matrix that is kept in strips: eight columns of all rows, row after row. */

/**
 * One sweep on one strip: for `steps` pairs (sine, cosine), the row above x and the row at hand y become
 * cosine x - sine y, which is carried on to the next pair, and sine x + cosine y, which is done.
 */
export function rotateStrip(row: usize, rotations: usize, steps: i32): void {
  let y0 = v128.load(row), y1 = v128.load(row, 16), y2 = v128.load(row, 32), y3 = v128.load(row, 48);
  for (; steps > 0; steps--) {
    const sine = v128.load64_splat(rotations), cosine = v128.load64_splat(rotations, 8);
    const above = row - 64;
    const x0 = v128.load(above), x1 = v128.load(above, 16), x2 = v128.load(above, 32), x3 = v128.load(above, 48);
    v128.store(row, f64x2.add(f64x2.mul(sine, x0), f64x2.mul(cosine, y0)));
    v128.store(row, f64x2.add(f64x2.mul(sine, x1), f64x2.mul(cosine, y1)), 16);
    v128.store(row, f64x2.add(f64x2.mul(sine, x2), f64x2.mul(cosine, y2)), 32);
    v128.store(row, f64x2.add(f64x2.mul(sine, x3), f64x2.mul(cosine, y3)), 48);
    y0 = f64x2.sub(f64x2.mul(cosine, x0), f64x2.mul(sine, y0));
    y1 = f64x2.sub(f64x2.mul(cosine, x1), f64x2.mul(sine, y1));
    y2 = f64x2.sub(f64x2.mul(cosine, x2), f64x2.mul(sine, y2));
    y3 = f64x2.sub(f64x2.mul(cosine, x3), f64x2.mul(sine, y3));
    row = above;
    rotations += 16;
  }
  v128.store(row, y0);
  v128.store(row, y1, 16);
  v128.store(row, y2, 32);
  v128.store(row, y3, 48);
}
