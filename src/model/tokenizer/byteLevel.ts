/**
 * GPT-2's alphabet: each of the 256 bytes has one printable character, so that byte sequences can be written as text in
 * a vocabulary. Printable Latin-1 stands for itself; the other 68 bytes take U+0100, U+0101, … in byte order.
 */

const stands = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The character of each byte. */
export const BYTE_SYMBOLS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(stands(byte) ? byte : next++));
})();

const BYTE_OF_SYMBOL: ReadonlyMap<string, number> = new Map(
  BYTE_SYMBOLS.map((symbol, byte) => [symbol, byte]),
);

/** The byte a character stands for, or undefined when it is not of the alphabet. */
export const byteOfSymbol = (symbol: string): number | undefined => BYTE_OF_SYMBOL.get(symbol);

/** The bytes a token stands for, or undefined when a character is not of the alphabet. */
export function bytesOfSymbols(token: string): number[] | undefined {
  const bytes: number[] = [];
  for (const symbol of token) {
    const byte = BYTE_OF_SYMBOL.get(symbol);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return bytes;
}
