/**
 * Causal attention and its gradient, head by head in scratch memory. Keys and values of one key/value head are packed
 * into panels once and serve all its query heads; a prefix shared by rows of the batch is packed once for all of them.
 *
 * Positions: prefix 0 … P-1, keys P … T-1 (T = P + S), queries the last Sq. Scratch holds a block of queries at a time.
 */
import { expNegative4, madd, maxLanes, sumLanes } from "./simd";
import { packRows, packTransposed } from "./pack";
import { multiplyPanel } from "./tile";

/** Queries per block. A block computes products up to its last query's position: small blocks waste few of them. */
const BLOCK: i32 = 8;

// @ts-ignore: decorator
@inline
function floats(count: i32): usize {
  return (<usize>count) << 2;
}

// @ts-ignore: decorator
@inline
function roundUp8(count: i32): i32 {
  return (count + 7) & ~7;
}

/** Floats of scratch for `attention` and `attentionProbabilities`: packed keys, packed values, a block of scores. */
export function attentionScratch(total: i32, headDim: i32): i32 {
  return roundUp8(total) * headDim + total * roundUp8(headDim) + BLOCK * roundUp8(total);
}

/** Floats of scratch for `attentionGradient`: keys and values packed both ways, two score blocks, two query blocks. */
export function attentionGradientScratch(total: i32, headDim: i32): i32 {
  const wide = roundUp8(headDim);
  return 2 * roundUp8(total) * headDim + total * wide + 2 * BLOCK * roundUp8(total) + 2 * BLOCK * wide;
}

/** The first position that a query at `position` sees. */
// @ts-ignore: decorator
@inline
function firstVisible(position: i32, window: i32): i32 {
  return window > 0 ? max(0, position - window + 1) : 0;
}

/** x [count, headDim] times packed columns low … high - 1 (transposed keys or values) into rows of `rowBytes`. */
function scoresOf(
  x: usize, xRow: usize, count: i32, packed: usize, headDim: i32, low: i32, high: i32, scores: usize, rowBytes: usize,
): void {
  for (let column = low & ~7; column < high; column += 8) {
    multiplyPanel(
      x, xRow, 4, count, packed + (<usize>(column >> 3)) * (floats(headDim) << 3), headDim,
      scores + floats(column), rowBytes, 8, 0, false,
    );
  }
}

/** Writes one value to places from … to - 1; there are few, a call to memory.fill would cost more. */
// @ts-ignore: decorator
@inline
function put(row: usize, from: i32, to: i32, value: f32): void {
  for (let j = from; j < to; j++) store<f32>(row + floats(j), value);
}

/**
 * Turns one row of scores into probabilities over first … last, and zeros elsewhere in low … high - 1, both rounded
 * outwards to multiples of four (the row has room): so there are only whole vectors to do.
 */
function softmaxRow(row: usize, low: i32, first: i32, last: i32, high: i32, scale: f32): void {
  const from = row + floats(first & ~3);
  const to = row + floats((last + 4) & ~3);
  put(row, first & ~3, first, -Infinity);
  put(row, last + 1, (last + 4) & ~3, -Infinity);
  let largest = v128.load(from);
  for (let at = from + 16; at < to; at += 16) largest = f32x4.max(largest, v128.load(at));
  const shift = f32x4.splat(maxLanes(largest));
  const factor = f32x4.splat(scale);
  let sum = f32x4.splat(0);
  for (let at = from; at < to; at += 16) {
    const term = expNegative4(f32x4.mul(f32x4.sub(v128.load(at), shift), factor));
    v128.store(at, term);
    sum = f32x4.add(sum, term);
  }
  const inverse = f32x4.splat(1 / sumLanes(sum));
  for (let at = from; at < to; at += 16) v128.store(at, f32x4.mul(v128.load(at), inverse));
  put(row, low & ~3, first, 0);
  put(row, last + 1, (high + 3) & ~3, 0);
}

/** Probabilities of a block of queries at positions position … position + count - 1. */
function probabilitiesOf(
  q: usize, qRow: usize, count: i32, position: i32, packedKeys: usize, headDim: i32, scale: f32, window: i32,
  scores: usize, rowBytes: usize,
): void {
  const low = firstVisible(position, window);
  const high = position + count;
  scoresOf(q, qRow, count, packedKeys, headDim, low, high, scores, rowBytes);
  for (let i = 0; i < count; i++) {
    const at = position + i;
    softmaxRow(scores + (<usize>i) * rowBytes, low, firstVisible(at, window), at, high, scale);
  }
}

/** y [count, headDim] (+)= p [count, low … high - 1] times the packed rows low … high - 1 (values or keys). */
function weightedRows(
  p: usize, rowBytes: usize, count: i32, packed: usize, total: i32, low: i32, high: i32, y: usize, yRow: usize,
  headDim: i32,
): void {
  const panelBytes = floats(total) << 3;
  for (let d = 0; d < headDim; d += 8) {
    multiplyPanel(
      p + floats(low), rowBytes, 4, count, packed + (<usize>(d >> 3)) * panelBytes + (floats(low) << 3), high - low,
      y + floats(d), yRow, min(8, headDim - d), 0, false,
    );
  }
}

/** y [B, Sq, H dh]. Without a prefix, P is 0 and prefixBatch 1. */
export function attention(
  query: usize, key: usize, value: usize, prefixKey: usize, prefixValue: usize, y: usize,
  batch: i32, prefixBatch: i32, prefix: i32, queries: i32, keys: i32, heads: i32, keyValueHeads: i32, headDim: i32,
  scale: f32, window: i32, scratch: usize,
): void {
  const total = prefix + keys;
  const wide = roundUp8(total);
  const group = heads / keyValueHeads;
  const keyRow = floats(keyValueHeads * headDim);
  const queryRow = floats(heads * headDim);
  const packedKeys = scratch;
  const packedValues = packedKeys + floats(wide * headDim);
  const scores = packedValues + floats(total * roundUp8(headDim));
  // The padding of the last panel is multiplied (and thrown away): it must be finite.
  memory.fill(packedKeys, 0, floats(wide * headDim));
  for (let kv = 0; kv < keyValueHeads; kv++) {
    const head = floats(kv * headDim);
    for (let shared = 0; shared < prefixBatch; shared++) {
      const from = (<usize>(shared * prefix)) * keyRow + head;
      packTransposed(prefixKey + from, keyRow, prefix, headDim, packedKeys, 0);
      packRows(prefixValue + from, keyRow, prefix, headDim, packedValues, floats(total) << 3);
      for (let b = shared; b < batch; b += prefixBatch) {
        const own = (<usize>(b * keys)) * keyRow + head;
        packTransposed(key + own, keyRow, keys, headDim, packedKeys, prefix);
        packRows(value + own, keyRow, keys, headDim, packedValues + (floats(prefix) << 3), floats(total) << 3);
        for (let h = kv * group; h < (kv + 1) * group; h++) {
          for (let i = 0; i < queries; i += BLOCK) {
            const count = min(BLOCK, queries - i);
            const position = total - queries + i;
            const at = (<usize>(b * queries + i)) * queryRow + floats(h * headDim);
            probabilitiesOf(
              query + at, queryRow, count, position, packedKeys, headDim, scale, window, scores, floats(wide),
            );
            weightedRows(
              scores, floats(wide), count, packedValues, total, firstVisible(position, window), position + count,
              y + at, queryRow, headDim,
            );
          }
        }
      }
    }
  }
}

/** Probabilities [B, H, Sq, T]. */
export function attentionProbabilities(
  query: usize, key: usize, prefixKey: usize, y: usize,
  batch: i32, prefixBatch: i32, prefix: i32, queries: i32, keys: i32, heads: i32, keyValueHeads: i32, headDim: i32,
  scale: f32, window: i32, scratch: usize,
): void {
  const total = prefix + keys;
  const wide = roundUp8(total);
  const group = heads / keyValueHeads;
  const keyRow = floats(keyValueHeads * headDim);
  const queryRow = floats(heads * headDim);
  const scores = scratch + floats(wide * headDim);
  memory.fill(scratch, 0, floats(wide * headDim));
  memory.fill(y, 0, (<usize>batch) * floats(heads * queries * total));
  for (let h = 0; h < heads; h++) {
    const head = floats((h / group) * headDim);
    for (let b = 0; b < batch; b++) {
      packTransposed(
        prefixKey + (<usize>((b % prefixBatch) * prefix)) * keyRow + head, keyRow, prefix, headDim, scratch, 0,
      );
      packTransposed(key + (<usize>(b * keys)) * keyRow + head, keyRow, keys, headDim, scratch, prefix);
      for (let i = 0; i < queries; i += BLOCK) {
        const count = min(BLOCK, queries - i);
        const position = total - queries + i;
        const q = query + (<usize>(b * queries + i)) * queryRow + floats(h * headDim);
        probabilitiesOf(q, queryRow, count, position, scratch, headDim, scale, window, scores, floats(wide));
        for (let r = 0; r < count; r++) {
          const first = firstVisible(position + r, window);
          const out = y + floats(((b * heads + h) * queries + i + r) * total);
          const row = scores + (<usize>r) * floats(wide);
          memory.copy(out + floats(first), row + floats(first), floats(position + r + 1 - first));
        }
      }
    }
  }
}

/** One row: dScore = p (dp - sum p dp) scale over low … high - 1 (rounded outwards, p is 0 there), written over dp. */
function scoreGradientRow(p: usize, dp: usize, low: i32, high: i32, scale: f32): void {
  const from = floats(low & ~3);
  const to = floats((high + 3) & ~3);
  let sum = f32x4.splat(0);
  for (let at = from; at < to; at += 16) sum = madd(v128.load(p + at), v128.load(dp + at), sum);
  const mean = f32x4.splat(sumLanes(sum));
  const factor = f32x4.splat(scale);
  for (let at = from; at < to; at += 16) {
    const slope = f32x4.sub(v128.load(dp + at), mean);
    v128.store(dp + at, f32x4.mul(f32x4.mul(v128.load(p + at), factor), slope));
  }
}

/** y[j] += sum over the block's queries of s[i, j] x[i], for positions low … high - 1; x packed [dh / 8][BLOCK][8]. */
function accumulateRows(
  s: usize, rowBytes: usize, count: i32, packed: usize, low: i32, high: i32, y: usize, yRow: usize, headDim: i32,
): void {
  for (let d = 0; d < headDim; d += 8) {
    multiplyPanel(
      s + floats(low), 4, rowBytes, high - low, packed + (<usize>(d >> 3)) * (floats(BLOCK) << 3), count,
      y + floats(d), yRow, min(8, headDim - d), 0, true,
    );
  }
}

/** dQuery [B, Sq, H dh], dKey and dValue [B, S, Hkv dh]. */
export function attentionGradient(
  dy: usize, query: usize, key: usize, value: usize, prefixKey: usize, prefixValue: usize,
  dQuery: usize, dKey: usize, dValue: usize,
  batch: i32, prefixBatch: i32, prefix: i32, queries: i32, keys: i32, heads: i32, keyValueHeads: i32, headDim: i32,
  scale: f32, window: i32, scratch: usize,
): void {
  const total = prefix + keys;
  const wide = roundUp8(total);
  const dims = roundUp8(headDim);
  const group = heads / keyValueHeads;
  const keyRow = floats(keyValueHeads * headDim);
  const queryRow = floats(heads * headDim);
  const rowBytes = floats(wide);
  const keyColumns = scratch;
  const valueColumns = keyColumns + floats(wide * headDim);
  const keyRows = valueColumns + floats(wide * headDim);
  const p = keyRows + floats(total * dims);
  const dp = p + floats(BLOCK * wide);
  const packedQuery = dp + floats(BLOCK * wide);
  const packedDy = packedQuery + floats(BLOCK * dims);
  memory.fill(keyColumns, 0, floats(2 * wide * headDim));
  memory.fill(dKey, 0, (<usize>(batch * keys)) * keyRow);
  memory.fill(dValue, 0, (<usize>(batch * keys)) * keyRow);
  for (let kv = 0; kv < keyValueHeads; kv++) {
    const head = floats(kv * headDim);
    for (let shared = 0; shared < prefixBatch; shared++) {
      const from = (<usize>(shared * prefix)) * keyRow + head;
      packTransposed(prefixKey + from, keyRow, prefix, headDim, keyColumns, 0);
      packTransposed(prefixValue + from, keyRow, prefix, headDim, valueColumns, 0);
      packRows(prefixKey + from, keyRow, prefix, headDim, keyRows, floats(total) << 3);
      for (let b = shared; b < batch; b += prefixBatch) {
        const own = (<usize>(b * keys)) * keyRow + head;
        packTransposed(key + own, keyRow, keys, headDim, keyColumns, prefix);
        packTransposed(value + own, keyRow, keys, headDim, valueColumns, prefix);
        packRows(key + own, keyRow, keys, headDim, keyRows + (floats(prefix) << 3), floats(total) << 3);
        for (let h = kv * group; h < (kv + 1) * group; h++) {
          for (let i = 0; i < queries; i += BLOCK) {
            const count = min(BLOCK, queries - i);
            const position = total - queries + i;
            const low = firstVisible(position, window);
            const high = position + count;
            const at = (<usize>(b * queries + i)) * queryRow + floats(h * headDim);
            probabilitiesOf(query + at, queryRow, count, position, keyColumns, headDim, scale, window, p, rowBytes);
            scoresOf(dy + at, queryRow, count, valueColumns, headDim, low, high, dp, rowBytes);
            packRows(dy + at, queryRow, count, headDim, packedDy, floats(BLOCK) << 3);
            packRows(query + at, queryRow, count, headDim, packedQuery, floats(BLOCK) << 3);
            const lowOwn = max(low, prefix);
            const ownRows = own + (<usize>(lowOwn - prefix)) * keyRow;
            if (high > lowOwn) {
              accumulateRows(p, rowBytes, count, packedDy, lowOwn, high, dValue + ownRows, keyRow, headDim);
            }
            for (let r = 0; r < count; r++) {
              scoreGradientRow(p + (<usize>r) * rowBytes, dp + (<usize>r) * rowBytes, low, high, scale);
            }
            weightedRows(dp, rowBytes, count, keyRows, total, low, high, dQuery + at, queryRow, headDim);
            if (high > lowOwn) {
              accumulateRows(dp, rowBytes, count, packedQuery, lowOwn, high, dKey + ownRows, keyRow, headDim);
            }
          }
        }
      }
    }
  }
}
