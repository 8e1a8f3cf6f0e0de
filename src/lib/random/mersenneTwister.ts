/**
 * MT19937 as Matsumoto and Nishimura published it in 2002 (`init_genrand`, `genrand_int32`): the generator behind
 * numpy's RandomState and Python's random, bit for bit. Turning its integers into doubles and normals is left to
 * legacyRandom.
 */

const SIZE = 624;
const SHIFT = 397;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;
const TWIST = 0x9908b0df;

/** A stream of unsigned 32-bit integers from an integer seed (its low 32 bits count). */
export function mersenneTwister(seed: number): () => number {
  const state = seededState(seed);
  let at = SIZE;
  return () => {
    if (at === SIZE) {
      advance(state);
      at = 0;
    }
    return temper(state[at++]!);
  };
}

function seededState(seed: number): Uint32Array {
  const state = new Uint32Array(SIZE);
  state[0] = seed >>> 0;
  for (let i = 1; i < SIZE; i++) {
    const previous = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = Math.imul(1812433253, previous) + i;
  }
  return state;
}

function advance(state: Uint32Array): void {
  for (let i = 0; i < SIZE; i++) {
    const joined = (state[i]! & UPPER) | (state[(i + 1) % SIZE]! & LOWER);
    state[i] = state[(i + SHIFT) % SIZE]! ^ (joined >>> 1) ^ (joined & 1 ? TWIST : 0);
  }
}

function temper(value: number): number {
  let y = value;
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  y ^= y >>> 18;
  return y >>> 0;
}
