/** Forward substitution with a small triangle, for many right-hand sides side by side. */

/**
 * y[i] = (x[i] - sum over k < i of t[i, k] y[k]) / t[i, i], in place, for T [size, size] and X [size, columns]: a column is
 * one right-hand side, `columns` a multiple of eight.
 */
export function substitute(t: usize, x: usize, size: i32, columns: i32): void {
  const width = <usize>columns << 3;
  for (let column: usize = 0; column < width; column += 64) substituteEight(t, x + column, <usize>size, width);
}

function substituteEight(t: usize, x: usize, size: usize, width: usize): void {
  let row = t;
  let target = x;
  for (let i: usize = 0; i < size; i++) {
    let s0 = v128.load(target);
    let s1 = v128.load(target, 16);
    let s2 = v128.load(target, 32);
    let s3 = v128.load(target, 48);
    let y = x;
    for (let k: usize = 0; k < i; k++) {
      const factor = v128.load64_splat(row + (k << 3));
      s0 = f64x2.sub(s0, f64x2.mul(factor, v128.load(y)));
      s1 = f64x2.sub(s1, f64x2.mul(factor, v128.load(y, 16)));
      s2 = f64x2.sub(s2, f64x2.mul(factor, v128.load(y, 32)));
      s3 = f64x2.sub(s3, f64x2.mul(factor, v128.load(y, 48)));
      y += width;
    }
    const divisor = v128.load64_splat(row + (i << 3));
    v128.store(target, f64x2.div(s0, divisor));
    v128.store(target, f64x2.div(s1, divisor), 16);
    v128.store(target, f64x2.div(s2, divisor), 32);
    v128.store(target, f64x2.div(s3, divisor), 48);
    row += size << 3;
    target += width;
  }
}
