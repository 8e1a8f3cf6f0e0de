/** The median of millions of numbers without sorting them: Hoare's selection on a copy. */

/** Between the two in the middle of an even count; NaN of none. */
export function median(values: Float64Array): number {
  const count = values.length;
  if (count === 0) return Number.NaN;
  const left = Float64Array.from(values);
  const middle = Math.floor(count / 2);
  const upper = select(left, middle);
  if (count % 2 === 1) return upper;
  let lower = left[0]!;
  for (let at = 1; at < middle; at++) lower = Math.max(lower, left[at]!);
  return (lower + upper) / 2;
}

/** The value that would stand at `rank`; afterwards nothing before that place is larger, and nothing behind it smaller. */
function select(values: Float64Array, rank: number): number {
  let [first, last] = [0, values.length - 1];
  while (first < last) {
    const pivot = middleOf(values[first]!, values[(first + last) >> 1]!, values[last]!);
    let [low, high] = [first, last];
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      [values[low], values[high]] = [values[high]!, values[low]!];
      low++;
      high--;
    }
    if (rank <= high) last = high;
    else if (rank >= low) first = low;
    else break;
  }
  return values[rank]!;
}

const middleOf = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
