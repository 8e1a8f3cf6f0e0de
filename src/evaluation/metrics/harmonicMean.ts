/** Pure. */

/** n / Σ 1/x; 0 as soon as one value is. */
export function harmonicMean(values: readonly number[]): number {
  if (values.some((value) => value === 0)) return 0;
  return values.length / values.reduce((sum, value) => sum + 1 / value, 0);
}
