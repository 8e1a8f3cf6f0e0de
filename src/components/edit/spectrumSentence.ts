/** What a spectrum leaves free at a threshold, in numbers. Pure. */

/** Directions of key space with an eigenvalue below the threshold. Eigenvalues descend. */
export function freeBelow(eigenvalues: Float64Array, threshold: number): number {
  const first = eigenvalues.findIndex((value) => value < threshold);
  return first < 0 ? 0 : eigenvalues.length - first;
}

const short = (value: number): string => (value <= 0 ? "0" : value < 0.01 || value >= 1000 ? value.toExponential(1) : value.toPrecision(2)); // prettier-ignore

export function spectrumSentence(layer: number, eigenvalues: Float64Array, threshold: number): string {
  const [all, free] = [eigenvalues.length, freeBelow(eigenvalues, threshold)];
  const range = `the eigenvalues reach from ${short(eigenvalues[0] ?? 0)} down to ${short(eigenvalues.at(-1) ?? 0)}`;
  const room =
    free === 0
      ? `no direction lies below ${short(threshold)}: nothing could be written`
      : `${free.toLocaleString("en")} of ${all.toLocaleString("en")} directions lie below ${short(threshold)} and are free`;
  return `Layer ${layer}: ${room}; ${range}.`;
}

const BOX = { width: 300, height: 64 } as const;
/** Below this share of the largest, eigenvalues are rounding. */
const FLOOR = 1e-9;
const MOST_POINTS = 150;

export type SpectrumPicture = {
  width: number;
  height: number;
  curve: string;
  threshold: number;
  freeFrom: number;
};

/** Eigenvalues by rank, logarithmically; where the threshold lies and where the free directions begin. */
export function drawSpectrum(eigenvalues: Float64Array, threshold: number): SpectrumPicture {
  const most = eigenvalues[0] ?? 1;
  const least = Math.max(eigenvalues.at(-1) ?? 0, most * FLOOR);
  const [top, bottom] = [
    Math.log(Math.max(most, threshold)),
    Math.log(Math.min(least, Math.max(threshold, most * FLOOR))),
  ];
  const y = (value: number): number =>
    2 +
    ((BOX.height - 4) * (top - Math.log(Math.max(value, Math.exp(bottom))))) / Math.max(top - bottom, 1e-9);
  const count = eigenvalues.length;
  const x = (rank: number): number => (BOX.width * rank) / Math.max(1, count - 1);
  const points = Math.min(count, MOST_POINTS);
  const curve = Array.from({ length: points }, (_, at) =>
    Math.round((at * (count - 1)) / Math.max(1, points - 1)),
  )
    .map((rank) => `${x(rank).toFixed(1)},${y(eigenvalues[rank]!).toFixed(1)}`)
    .join(" ");
  return { ...BOX, curve, threshold: y(threshold), freeFrom: x(count - freeBelow(eigenvalues, threshold)) };
}
