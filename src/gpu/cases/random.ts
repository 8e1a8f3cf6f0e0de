/** Seeded numbers for the case tables: the same on every machine and backend. */

/** mulberry32: uniform in [0, 1). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Values in [-spread, spread). */
export function randomValues(seed: number, count: number, spread = 1): Float32Array {
  const next = uniform(seed);
  return Float32Array.from({ length: count }, () => (2 * next() - 1) * spread);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
