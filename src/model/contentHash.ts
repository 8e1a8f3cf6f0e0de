/**
 * A model's identity: SHA-256 over its weights, fed piece by piece while they are loaded. WebCrypto digests only whole
 * buffers, so the stream is cut into blocks of a fixed size and the hash is that of the blocks' digests; how the
 * caller cuts its pieces makes no difference.
 */

const BLOCK_BYTES = 4 << 20;

export class ContentHash {
  #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  readonly #digests: Uint8Array<ArrayBuffer>[] = [];

  /** A line of text: names and shapes, so that equal numbers in other places hash differently. */
  async addText(line: string): Promise<void> {
    await this.add(new TextEncoder().encode(`${line}\n`));
  }

  async add(data: ArrayBufferView): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let start = 0; start < bytes.length;) {
      const piece = bytes.subarray(start, start + BLOCK_BYTES - this.#filled);
      this.#block.set(piece, this.#filled);
      this.#filled += piece.length;
      start += piece.length;
      if (this.#filled === BLOCK_BYTES) await this.#close();
    }
  }

  /** Lower-case hex; the stream ends here. */
  async digest(): Promise<string> {
    await this.#close();
    const whole = new Uint8Array(await new Blob(this.#digests).arrayBuffer());
    return [...(await sha256(whole))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async #close(): Promise<void> {
    this.#digests.push(await sha256(this.#block.subarray(0, this.#filled)));
    this.#filled = 0;
  }
}

export type WeightHash = Pick<ContentHash, "add" | "addText" | "digest">;

/** For weights whose hash is known before: a second of hashing saved at every gigabyte. */
export const knownHash = (hash: string): WeightHash => ({
  add: async () => undefined,
  addText: async () => undefined,
  digest: async () => hash,
});

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
