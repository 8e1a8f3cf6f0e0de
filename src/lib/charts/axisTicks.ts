/** Round numbers along an axis. Pure. */

/** Multiples of 1, 2 or 5 times a power of ten within [from, to], at most about eight. */
export function axisTicks(from: number, to: number): number[] {
  const reach = to - from;
  if (!(reach > 0) || !Number.isFinite(reach)) return [from];
  const power = 10 ** Math.floor(Math.log10(reach / 8));
  const step = [1, 2, 5, 10].map((times) => times * power).find((width) => reach / width <= 8) ?? 10 * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  // Without + 0 a tick just below zero would be written as −0.
  return Array.from(
    { length: last - first + 1 },
    (_, at) => Number(((first + at) * step).toFixed(digits)) + 0,
  );
}
