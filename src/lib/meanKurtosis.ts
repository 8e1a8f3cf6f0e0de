/** One number for a model's superposition: the mean excess kurtosis of P over its layers. Pure. */

/** Over the layers that have one; NaN where none has. */
export function meanKurtosis({ layers }: { layers: readonly { kurtosis: number }[] }): number {
  const finite = layers.map(({ kurtosis }) => kurtosis).filter(Number.isFinite);
  return finite.reduce((sum, value) => sum + value, 0) / finite.length;
}
