/** SHA-256 as lower-case hex, of texts and numbers as they lie in memory. */

type Part = string | ArrayBufferView<ArrayBufferLike>;

/** Hash of the parts one after the other. Texts are preceded by their length, so that parts cannot run together. */
export async function sha256(...parts: readonly Part[]): Promise<string> {
  const chunks = parts.flatMap((part) => {
    if (typeof part !== "string") return [bytesOf(part)];
    const text = new TextEncoder().encode(part);
    return [new TextEncoder().encode(`${text.length}:`), text];
  });
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const bytesOf = (view: ArrayBufferView<ArrayBufferLike>): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
