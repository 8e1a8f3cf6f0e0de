/** Whole numbers from `from` up to, but not including, `end`; none when `end` is not above it. */
export const range = (from: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index);
