/** Half precision: a table of all its values, and from float32 to it, rounding to nearest even. */

let table: Float32Array | undefined;

/** The float32 value of every half-precision pattern, subnormals, infinities and NaN included. */
export function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  return table;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** The 16-bit pattern nearest to `value`; beyond 65,504 infinity, below 2^-25 zero, NaN stays NaN. */
export function toHalf(value: number): number {
  single[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  if (exponent < 102) return sign;
  // Normal numbers drop 13 bits; subnormal ones drop more, after the implicit one is made explicit.
  const isNormal = exponent >= 113;
  const drop = isNormal ? 13 : 126 - exponent;
  const significand = isNormal ? ((exponent - 112) << 23) | fraction : fraction | 0x800000;
  const kept = significand >>> drop;
  const rest = significand & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  // A carry out of the fraction runs into the exponent, which is what rounding up means.
  return sign | Math.min(kept + up, 0x7c00);
}

/** Little-endian bytes of `values` in half precision. */
export function encodeHalf(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(i * 2, toHalf(value), true));
  return bytes;
}
