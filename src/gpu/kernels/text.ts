/** Small helpers that write WGSL: what a loop over constants would say, unrolled, because software adapters do not. */

/** The texts of `line(0) … line(count - 1)`, one per line. */
export function unroll(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}

/** Writes each text once: the arguments are all it depends on, so they are its key. */
export function writtenOnce<Arguments extends readonly (number | boolean | string)[]>(
  write: (...parameters: Arguments) => string,
): (...parameters: Arguments) => string {
  const texts = new Map<string, string>();
  return (...parameters) => {
    const key = parameters.join("|");
    let text = texts.get(key);
    if (text === undefined) texts.set(key, (text = write(...parameters)));
    return text;
  };
}
