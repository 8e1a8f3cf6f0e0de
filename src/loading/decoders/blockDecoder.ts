/**
 * How stored numbers become float32: a format cuts values into blocks of a fixed number of bytes. Plain floats are
 * blocks of one value, so every tensor of every file is read by the same loop (tensorReader.ts).
 */

export type BlockDecoder = {
  /** Name of the format as its file spells it: "F32", "Q4_1". */
  readonly name: string;
  readonly valuesPerBlock: number;
  readonly bytesPerBlock: number;
  /**
   * Decodes `blocks` blocks from `bytes` (starting at 0) into `out` at `offset`.
   * Needs blocks * bytesPerBlock bytes and blocks * valuesPerBlock places.
   */
  decode(bytes: Uint8Array<ArrayBuffer>, blocks: number, out: Float32Array, offset: number): void;
};
