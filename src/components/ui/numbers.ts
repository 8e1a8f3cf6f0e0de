/** How numbers are written on the page: two significant digits, tabular, with a real minus. Pure. */

const FIXED_SPACE = "\u00a0";

/** A probability as `0.84`; small ones with one digit more, and those below a thousandth as such. */
export function probability(p: number): string {
  if (p >= 0.005 || p === 0) return p.toFixed(2);
  return p >= 0.0005 ? p.toFixed(3) : "<.001";
}

/** A probability in words' form: `66 %`, `4.1 %`, `under 0.1 %`. */
export function percent(p: number): string {
  const value = p * 100;
  if (value > 0 && value < 0.1) return `under 0.1${FIXED_SPACE}%`;
  const digits = value < 10 && value > 0 ? 1 : value > 99 && value < 100 ? 1 : 0;
  return `${value.toFixed(digits)}${FIXED_SPACE}%`;
}

/** A change of probability in points: `+62`, `−3.1`. */
export function points(change: number): string {
  const value = Math.abs(change * 100);
  const sign = change < 0 ? "−" : "+";
  return `${sign}${value.toFixed(value < 10 ? 1 : 0)}`;
}

/** Bytes as `61 MB`; small ones as `12 kB`. */
export function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  if (value < 0.1) return `${Math.ceil(bytes / 1000)}${FIXED_SPACE}kB`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)}${FIXED_SPACE}GB`;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}${FIXED_SPACE}MB`;
}

/** A count of parameters as `0.78 M`, `135 M`, `1.2 B`. */
export function parameters(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toPrecision(2)}${FIXED_SPACE}B`;
  return `${count >= 1e7 ? (count / 1e6).toFixed(0) : (count / 1e6).toPrecision(2)}${FIXED_SPACE}M`;
}

/** Time left as `3 s`, `1 min 20 s`. */
export function remaining(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole}${FIXED_SPACE}s`;
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  return rest === 0 ? `${minutes}${FIXED_SPACE}min` : `${minutes}${FIXED_SPACE}min ${rest}${FIXED_SPACE}s`;
}
