/** Recognises what is often found in place of weights, so that the user is told what the file really is. */

const SIGNS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^version https:\/\/git-lfs/, "a Git LFS pointer (the weights were never downloaded)"],
  [/^\s*<(!doctype|html|\?xml|head|body)/i, "a web page"],
  [/^PK\u0003\u0004/, "a zip archive or PyTorch checkpoint"],
  [/^\u0080[\u0002-\u0005]/, "a Python pickle"],
  [/^GGUF/, "a GGUF file"],
  [/^GGML|^ggjt|^ggla/, "an old GGML file"],
  [/^\u0089HDF/, "an HDF5 file"],
  [/^\u001f\u008b/, "a gzip archive"],
];

/**
 * @param start the first bytes; 64 are enough
 * @returns what it is, or undefined for anything whose ninth byte opens a JSON header: a header length can look like
 * any sign
 */
export function sniffOtherFormat(start: Uint8Array): string | undefined {
  if (start[8] === 0x7b) return undefined;
  const text = Array.from(start.subarray(0, 64), (byte) => String.fromCharCode(byte)).join("");
  return SIGNS.find(([pattern]) => pattern.test(text))?.[1];
}
