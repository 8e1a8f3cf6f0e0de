/** Sizes in words, for messages: decimal units, as memory and files are sold. */

/** `1.6 GB`, `540 MB`; small sizes are rounded up to a whole megabyte. */
export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${Math.ceil(bytes / 1e6)} MB`;
}
