/** Slow twins of everything that reduces or normalises rows of logits [n, V]. */
type Values = Float32Array | Int32Array;

/** log sum exp of one row. */
function logSumExp(x: Values, at: number, width: number): number {
  let largest = -Infinity;
  for (let i = 0; i < width; i++) largest = Math.max(largest, x[at + i] as number);
  let sum = 0;
  for (let i = 0; i < width; i++) sum += Math.exp((x[at + i] as number) - largest);
  return largest + Math.log(sum);
}

/** softmax or log softmax over the last axis. */
export function softmax(x: Values, width: number, log: boolean): Float32Array {
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    const total = logSumExp(x, at, width);
    for (let i = 0; i < width; i++) {
      const value = (x[at + i] as number) - total;
      y[at + i] = log ? value : Math.exp(value);
    }
  }
  return y;
}

/** From the output y: dx = y (dy - sum dy y), or for the logarithm dx = dy - exp(y) sum dy. */
export function softmaxGradient(dy: Values, y: Values, width: number, log: boolean): Float32Array {
  const dx = new Float32Array(y.length);
  for (let at = 0; at < y.length; at += width) {
    let total = 0;
    for (let i = 0; i < width; i++) total += (dy[at + i] as number) * (log ? 1 : (y[at + i] as number));
    for (let i = 0; i < width; i++) {
      const value = y[at + i] as number;
      const slope = dy[at + i] as number;
      dx[at + i] = log ? slope - Math.exp(value) * total : value * (slope - total);
    }
  }
  return dx;
}

/** -log softmax(logits)[target] per row. */
export function crossEntropy(logits: Values, targets: Values, width: number): Float32Array {
  const nll = new Float32Array(targets.length);
  for (let row = 0; row < targets.length; row++) {
    nll[row] =
      logSumExp(logits, row * width, width) - (logits[row * width + (targets[row] as number)] as number);
  }
  return nll;
}

/** dy[row] (softmax(logits) - onehot(target)). */
export function crossEntropyGradient(
  dy: Values,
  logits: Values,
  targets: Values,
  width: number,
): Float32Array {
  const dx = softmax(logits, width, false);
  for (let row = 0; row < targets.length; row++) {
    const hit = row * width + (targets[row] as number);
    dx[hit] = (dx[hit] as number) - 1;
    for (let i = 0; i < width; i++)
      dx[row * width + i] = (dx[row * width + i] as number) * (dy[row] as number);
  }
  return dx;
}

/** sum exp(reference) (reference - log softmax(logits)) per row. */
export function klDivergence(reference: Values, logits: Values, width: number): Float32Array {
  const rows = width === 0 ? 0 : logits.length / width;
  const result = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const total = logSumExp(logits, row * width, width);
    let sum = 0;
    for (let i = 0; i < width; i++) {
      const r = reference[row * width + i] as number;
      if (r === -Infinity) continue; // A probability of zero contributes nothing.
      sum += Math.exp(r) * (r - ((logits[row * width + i] as number) - total));
    }
    result[row] = sum;
  }
  return result;
}

/** dy[row] (softmax(logits) sum(exp reference) - exp(reference)). */
export function klDivergenceGradient(
  dy: Values,
  reference: Values,
  logits: Values,
  width: number,
): Float32Array {
  const dx = softmax(logits, width, false);
  for (let row = 0; row < dy.length; row++) {
    let mass = 0;
    for (let i = 0; i < width; i++) mass += Math.exp(reference[row * width + i] as number);
    for (let i = 0; i < width; i++) {
      const at = row * width + i;
      dx[at] = (dy[row] as number) * ((dx[at] as number) * mass - Math.exp(reference[at] as number));
    }
  }
  return dx;
}
