/** Linear maps over packed panels, in both directions; lookups; products of plain matrices. */
import { madd } from "./simd";
import { packRows, packTransposed, storeTransposed4 } from "./pack";
import { multiplyPanel } from "./tile";

/**
 * y [rows, out] = x [rows, in] W + bias; W in panels [ceil(out / 8)][in][8], bias 0 when there is none. The outputs may
 * be a part of a wider map's: y's rows lie `yRow` bytes apart.
 */
export function linear(
  x: usize, weight: usize, bias: usize, y: usize, rows: i32, inFeatures: i32, outFeatures: i32, yRow: usize,
): void {
  const panelBytes = (<usize>inFeatures) << 5;
  const xRow = (<usize>inFeatures) << 2;
  for (let column = 0; column < outFeatures; column += 8) {
    const offset = (<usize>column) << 2;
    multiplyPanel(
      x, xRow, 4, rows, weight, inFeatures,
      y + offset, yRow, min(8, outFeatures - column), bias == 0 ? 0 : bias + offset, false,
    );
    weight += panelBytes;
  }
}

/** Inputs turned at once, and outputs per turn: 32 x 512 floats of scratch stay in the second cache. */
const TURN_IN: i32 = 32;
const TURN_OUT: i32 = 512;

/** Floats of scratch that `linearInputGradient` needs. */
export function linearInputGradientScratch(): i32 {
  return TURN_IN * TURN_OUT;
}

/**
 * Turns `panels` panels of W, `panelBytes` apart, inputs first … first + count - 1, into panels over the inputs:
 * [count / 8][out][8].
 */
export function turn(weight: usize, panelBytes: usize, first: i32, count: i32, panels: i32, to: usize): void {
  const turnedBytes = (<usize>panels) << 8;
  for (let input = 0; input < count; input += 8) {
    let source = weight + ((<usize>(first + input)) << 5);
    let target = to + (<usize>(input >> 3)) * turnedBytes;
    const here = min(8, count - input);
    for (let p = 0; p < panels; p++) {
      if (here == 8) {
        for (let half: usize = 0; half < 2; half++) {
          const s = source + (half << 7);
          const t = target + (half << 4);
          storeTransposed4(v128.load(s), v128.load(s, 32), v128.load(s, 64), v128.load(s, 96), t, 32);
          storeTransposed4(v128.load(s, 16), v128.load(s, 48), v128.load(s, 80), v128.load(s, 112), t + 128, 32);
        }
      } else {
        for (let i = 0; i < here; i++) {
          for (let lane = 0; lane < 8; lane++) {
            store<f32>(target + ((<usize>(lane * 8 + i)) << 2), load<f32>(source + ((<usize>(i * 8 + lane)) << 2)));
          }
        }
      }
      source += panelBytes;
      target += 256;
    }
  }
}

/**
 * dx [rows, in] = dy [rows, out] Wᵀ from the same panels as `linear`. Many rows: blocks of W are turned into scratch
 * and multiplied as in `linear`. Few rows: dot products along the panels' lanes, which reads W once and writes nothing.
 * The inputs may be a part of a wider map's: its panels lie `panelBytes` apart and dx's rows `dxRow` bytes.
 */
export function linearInputGradient(
  dy: usize, weight: usize, dx: usize, rows: i32, inFeatures: i32, outFeatures: i32,
  panelBytes: usize, dxRow: usize, scratch: usize,
): void {
  const dyRow = (<usize>outFeatures) << 2;
  if (rows <= 3) {
    for (let row: usize = 0; row < <usize>rows; row++) {
      inputGradientOfRow(dy + row * dyRow, weight, panelBytes, dx + row * dxRow, inFeatures, outFeatures);
    }
    return;
  }
  for (let out = 0; out < outFeatures; out += TURN_OUT) {
    const outs = min(TURN_OUT, outFeatures - out);
    const panels = (outs + 7) >> 3;
    for (let input = 0; input < inFeatures; input += TURN_IN) {
      const count = min(TURN_IN, inFeatures - input);
      turn(weight + (<usize>(out >> 3)) * panelBytes, panelBytes, input, count, panels, scratch);
      for (let i = 0; i < count; i += 8) {
        multiplyPanel(
          dy + ((<usize>out) << 2), dyRow, 4, rows, scratch + ((<usize>(i >> 3) * panels) << 8), outs,
          dx + ((<usize>(input + i)) << 2), dxRow, min(8, count - i), 0, out > 0,
        );
      }
    }
  }
}

/** The eight values of dy that belong to one panel, zeros past the end. */
// @ts-ignore: decorator
@inline
function lowOf(dy: usize, left: i32): v128 {
  if (left >= 4) return v128.load(dy);
  let v = f32x4.splat(0);
  if (left > 0) v = f32x4.replace_lane(v, 0, load<f32>(dy));
  if (left > 1) v = f32x4.replace_lane(v, 1, load<f32>(dy, 4));
  if (left > 2) v = f32x4.replace_lane(v, 2, load<f32>(dy, 8));
  return v;
}

/** One row: four panels at a time, four inputs at a time, one horizontal sum for 4 x 32 products. */
function inputGradientOfRow(
  dy: usize, weight: usize, panelBytes: usize, dx: usize, inFeatures: i32, outFeatures: i32,
): void {
  for (let out = 0; out < outFeatures; out += 32) {
    const left = outFeatures - out;
    const d0 = lowOf(dy, left), d1 = lowOf(dy + 16, left - 4), d2 = lowOf(dy + 32, left - 8);
    const d3 = lowOf(dy + 48, left - 12), d4 = lowOf(dy + 64, left - 16), d5 = lowOf(dy + 80, left - 20);
    const d6 = lowOf(dy + 96, left - 24), d7 = lowOf(dy + 112, left - 28);
    // Panels past the end are read as the last one and multiplied by zeros.
    let w0 = weight;
    let w1 = left > 8 ? w0 + panelBytes : w0;
    let w2 = left > 16 ? w1 + panelBytes : w1;
    let w3 = left > 24 ? w2 + panelBytes : w2;
    let target = dx;
    let input = 0;
    for (; input + 4 <= inFeatures; input += 4) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      s0 = madd(v128.load(w0), d0, s0); s1 = madd(v128.load(w0, 32), d0, s1);
      s2 = madd(v128.load(w0, 64), d0, s2); s3 = madd(v128.load(w0, 96), d0, s3);
      s0 = madd(v128.load(w0, 16), d1, s0); s1 = madd(v128.load(w0, 48), d1, s1);
      s2 = madd(v128.load(w0, 80), d1, s2); s3 = madd(v128.load(w0, 112), d1, s3);
      s0 = madd(v128.load(w1), d2, s0); s1 = madd(v128.load(w1, 32), d2, s1);
      s2 = madd(v128.load(w1, 64), d2, s2); s3 = madd(v128.load(w1, 96), d2, s3);
      s0 = madd(v128.load(w1, 16), d3, s0); s1 = madd(v128.load(w1, 48), d3, s1);
      s2 = madd(v128.load(w1, 80), d3, s2); s3 = madd(v128.load(w1, 112), d3, s3);
      s0 = madd(v128.load(w2), d4, s0); s1 = madd(v128.load(w2, 32), d4, s1);
      s2 = madd(v128.load(w2, 64), d4, s2); s3 = madd(v128.load(w2, 96), d4, s3);
      s0 = madd(v128.load(w2, 16), d5, s0); s1 = madd(v128.load(w2, 48), d5, s1);
      s2 = madd(v128.load(w2, 80), d5, s2); s3 = madd(v128.load(w2, 112), d5, s3);
      s0 = madd(v128.load(w3), d6, s0); s1 = madd(v128.load(w3, 32), d6, s1);
      s2 = madd(v128.load(w3, 64), d6, s2); s3 = madd(v128.load(w3, 96), d6, s3);
      s0 = madd(v128.load(w3, 16), d7, s0); s1 = madd(v128.load(w3, 48), d7, s1);
      s2 = madd(v128.load(w3, 80), d7, s2); s3 = madd(v128.load(w3, 112), d7, s3);
      // Lane i of the sum of all columns is the sum of s_i's lanes.
      const t0 = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
      const t1 = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
      let sum = f32x4.add(v128.shuffle<f32>(t0, t1, 0, 1, 4, 5), v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
      if (out > 0) sum = f32x4.add(sum, v128.load(target));
      v128.store(target, sum);
      w0 += 128; w1 += 128; w2 += 128; w3 += 128;
      target += 16;
    }
    for (; input < inFeatures; input++) {
      let s = f32x4.mul(v128.load(w0), d0);
      s = madd(v128.load(w0, 16), d1, s);
      s = madd(v128.load(w1), d2, s); s = madd(v128.load(w1, 16), d3, s);
      s = madd(v128.load(w2), d4, s); s = madd(v128.load(w2, 16), d5, s);
      s = madd(v128.load(w3), d6, s); s = madd(v128.load(w3, 16), d7, s);
      let sum = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1);
      sum += f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3);
      store<f32>(target, out > 0 ? load<f32>(target) + sum : sum);
      w0 += 32; w1 += 32; w2 += 32; w3 += 32;
      target += 4;
    }
    dy += 128;
    weight += 4 * panelBytes;
  }
}

/** y [n, in] = rows id - firstRow of Wᵀ; zeros where that row is not in this chunk. */
export function lookup(
  ids: usize, weight: usize, y: usize, count: i32, inFeatures: i32, outFeatures: i32, firstRow: i32,
): void {
  const panelBytes = (<usize>inFeatures) << 5;
  for (let i = 0; i < count; i++) {
    const row = load<i32>(ids + ((<usize>i) << 2)) - firstRow;
    const inside = row >= 0 && row < outFeatures;
    let source = weight + (<usize>(row >> 3)) * panelBytes + ((<usize>(row & 7)) << 2);
    for (let input = 0; input < inFeatures; input++) {
      store<f32>(y, inside ? load<f32>(source) : 0);
      source += 32;
      y += 4;
    }
  }
}

/** y [rows, columns] = op(a) op(b); `scratch` holds b in panels: ceil(columns / 8) * inner * 8 floats. */
export function matmul(
  a: usize, b: usize, y: usize, rows: i32, inner: i32, columns: i32,
  transposeA: bool, transposeB: bool, scratch: usize,
): void {
  if (transposeB) {
    if ((columns & 7) != 0) {
      // The last panel's padding is multiplied too: it must be finite.
      const last = scratch + (<usize>(columns >> 3)) * ((<usize>inner) << 5);
      memory.fill(last, 0, (<usize>inner) << 5);
    }
    packTransposed(b, (<usize>inner) << 2, columns, inner, scratch, 0);
  } else {
    packRows(b, (<usize>columns) << 2, inner, columns, scratch, (<usize>inner) << 5);
  }
  const xRow = transposeA ? 4 : (<usize>inner) << 2;
  const xDepth = transposeA ? (<usize>rows) << 2 : 4;
  const yRow = (<usize>columns) << 2;
  for (let column = 0; column < columns; column += 8) {
    multiplyPanel(
      a, xRow, xDepth, rows, scratch + (<usize>(column >> 3)) * ((<usize>inner) << 5), inner,
      y + ((<usize>column) << 2), yRow, min(8, columns - column), 0, false,
    );
  }
}
