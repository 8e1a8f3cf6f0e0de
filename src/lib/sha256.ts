/** SHA-256 as lower-case hex, of texts and numbers as they lie in memory. */
import { bytesOf, joinedBytes } from "./joined";

type Part = string | ArrayBufferView<ArrayBufferLike>;

/** Hash of the parts one after the other. Texts are preceded by their length, so that parts cannot run together. */
export async function sha256(...parts: readonly Part[]): Promise<string> {
  const chunks = parts.flatMap((part) => {
    if (typeof part !== "string") return [bytesOf(part)];
    const text = new TextEncoder().encode(part);
    return [new TextEncoder().encode(`${text.length}:`), text];
  });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", joinedBytes(chunks)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
