/**
 * Random numbers as numpy's RandomState gives them, so that a seed means the same noise here as in published code
 * (algorithms.md 1.2): 53-bit doubles from two integers, normals in pairs by the polar method, second one first.
 */
import { mersenneTwister } from "./mersenneTwister";

export type LegacyRandom = {
  /** Unsigned 32-bit integer. */
  integer32(): number;
  /** Double in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
};

/** Same seed, same stream, on every machine. */
export function legacyRandom(seed: number): LegacyRandom {
  const integer32 = mersenneTwister(seed);
  let spare: number | undefined;

  const uniform = (): number => ((integer32() >>> 5) * 67108864 + (integer32() >>> 6)) / 9007199254740992;

  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const x1 = 2 * uniform() - 1;
      const x2 = 2 * uniform() - 1;
      const squared = x1 * x1 + x2 * x2;
      if (squared >= 1 || squared === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(squared)) / squared);
      spare = factor * x1;
      return factor * x2;
    }
  };
  return { integer32, uniform, normal };
}
