/**
 * Linear maps whose weights are packed (weightLayout.ts: panels of 16-bit halves or of signed bytes with scales), and
 * the lookup in them. Panels are decoded to float32 in scratch and multiplied by the same tiles as plain ones: a panel
 * is small enough for the second cache and is decoded once for all rows.
 */
import { turn } from "./linear";
import { multiplyPanel } from "./tile";

/** The numbers of `layout`, as wasmKernels.ts gives them. */
const FLOAT16: i32 = 1;
const BFLOAT16: i32 = 2;

/** Bytes of a block of 32 inputs in bytes: 8 scales, then 8 bytes per input. */
const BLOCK_BYTES: usize = 288;
const SCALE_BYTES: usize = 32;

// @ts-ignore: decorator
@inline
function panelBytes(layout: i32, inFeatures: i32): usize {
  return layout <= BFLOAT16 ? (<usize>inFeatures) << 4 : (<usize>((inFeatures + 31) >> 5)) * BLOCK_BYTES;
}

/** Four halves, each in the lower part of a lane (the upper one is not looked at), to float32; subnormal ones exactly. */
// @ts-ignore: decorator
@inline
function halves4(h: v128): v128 {
  const magnitude = i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13);
  const normal = i32x4.add(magnitude, i32x4.splat(0x38000000));
  // Read as one of the next exponent, whose leading one is taken away again.
  const tiny = f32x4.sub(i32x4.add(magnitude, i32x4.splat(0x38800000)), f32x4.splat(6.103515625e-05));
  const value = v128.bitselect(tiny, normal, i32x4.lt_s(magnitude, i32x4.splat(0x00800000)));
  return v128.or(value, i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16));
}

/** Inputs first … first + count - 1 of a panel, as float32 [count][8]; `first` is a multiple of 32. */
function unpackSteps(layout: i32, panel: usize, first: i32, count: i32, to: usize): void {
  if (layout == FLOAT16) {
    let from = panel + ((<usize>first) << 4);
    for (let i = 0; i < count; i++) {
      const both = v128.load(from);
      v128.store(to, halves4(both));
      v128.store(to, halves4(i32x4.shr_u(both, 16)), 16);
      from += 16;
      to += 32;
    }
  } else if (layout == BFLOAT16) {
    let from = panel + ((<usize>first) << 4);
    for (let i = 0; i < count; i++) {
      const both = v128.load(from);
      v128.store(to, i32x4.shl(both, 16));
      v128.store(to, v128.and(both, i32x4.splat(-65536)), 16);
      from += 16;
      to += 32;
    }
  } else {
    let block = panel + (<usize>(first >> 5)) * BLOCK_BYTES;
    for (let start = 0; start < count; start += 32) {
      const low = v128.load(block), high = v128.load(block, 16);
      let from = block + SCALE_BYTES;
      const here = min(32, count - start);
      for (let i = 0; i < here; i++) {
        const bytes = v128.load8x8_s(from);
        v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(bytes)), low));
        v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(bytes)), high), 16);
        from += 8;
        to += 32;
      }
      block += BLOCK_BYTES;
    }
  }
}

/**
 * y [rows, out] = x [rows, in] W + bias, bias 0 when there is none; y's rows lie `yRow` bytes apart. `scratch`: 8 floats
 * per input.
 */
export function linearPacked(
  x: usize, weight: usize, bias: usize, y: usize, rows: i32, inFeatures: i32, outFeatures: i32, yRow: usize,
  layout: i32, scratch: usize,
): void {
  const bytes = panelBytes(layout, inFeatures);
  const xRow = (<usize>inFeatures) << 2;
  for (let column = 0; column < outFeatures; column += 8) {
    const offset = (<usize>column) << 2;
    unpackSteps(layout, weight, 0, inFeatures, scratch);
    multiplyPanel(
      x, xRow, 4, rows, scratch, inFeatures,
      y + offset, yRow, min(8, outFeatures - column), bias == 0 ? 0 : bias + offset, false,
    );
    weight += bytes;
  }
}

/** Inputs and outputs decoded and turned at once: twice 32 x 512 floats of scratch. */
const TURN_IN: i32 = 32;
const TURN_OUT: i32 = 512;

/** Floats of scratch that `linearPackedInputGradient` needs. */
export function linearPackedInputGradientScratch(): i32 {
  return 2 * TURN_IN * TURN_OUT;
}

/**
 * dx [rows, in] = dy [rows, out] Wᵀ: blocks of W are decoded, turned into panels over the inputs, and multiplied. The
 * inputs may be a part of a wider map's: its panels are `bytes` long and dx's rows lie `dxRow` bytes apart.
 */
export function linearPackedInputGradient(
  dy: usize, weight: usize, dx: usize, rows: i32, inFeatures: i32, outFeatures: i32,
  bytes: usize, dxRow: usize, layout: i32, scratch: usize,
): void {
  const dyRow = (<usize>outFeatures) << 2;
  const turned = scratch + ((<usize>(TURN_IN * TURN_OUT)) << 2);
  for (let out = 0; out < outFeatures; out += TURN_OUT) {
    const outs = min(TURN_OUT, outFeatures - out);
    const panels = (outs + 7) >> 3;
    for (let input = 0; input < inFeatures; input += TURN_IN) {
      const count = min(TURN_IN, inFeatures - input);
      for (let p = 0; p < panels; p++) {
        const panel = weight + (<usize>((out >> 3) + p)) * bytes;
        unpackSteps(layout, panel, input, count, scratch + (<usize>(p * count)) * 32);
      }
      turn(scratch, (<usize>count) << 5, 0, count, panels, turned);
      for (let i = 0; i < count; i += 8) {
        multiplyPanel(
          dy + ((<usize>out) << 2), dyRow, 4, rows, turned + ((<usize>(i >> 3) * panels) << 8), outs,
          dx + ((<usize>(input + i)) << 2), dxRow, min(8, count - i), 0, out > 0,
        );
      }
    }
  }
}

/** y [n, in] = rows id - firstRow of Wᵀ; zeros where that row is not in this chunk. `scratch`: 8 floats per input. */
export function lookupPacked(
  ids: usize, weight: usize, y: usize, count: i32, inFeatures: i32, outFeatures: i32, firstRow: i32,
  layout: i32, scratch: usize,
): void {
  const bytes = panelBytes(layout, inFeatures);
  for (let i = 0; i < count; i++) {
    const row = load<i32>(ids + ((<usize>i) << 2)) - firstRow;
    const inside = row >= 0 && row < outFeatures;
    if (inside) unpackSteps(layout, weight + (<usize>(row >> 3)) * bytes, 0, inFeatures, scratch);
    let source = scratch + ((<usize>(row & 7)) << 2);
    for (let input = 0; input < inFeatures; input++) {
      store<f32>(y, inside ? load<f32>(source) : 0);
      source += 32;
      y += 4;
    }
  }
}
