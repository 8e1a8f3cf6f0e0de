/** Small helpers that write WGSL: what a loop over constants would say, unrolled, because software adapters do not. */

/** The texts of `line(0) … line(count - 1)`, one per line. */
export function unroll(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}
