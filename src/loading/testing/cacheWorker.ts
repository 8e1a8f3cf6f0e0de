/**
 * A worker for the browser's test of the cache: private files can be written only in one. It answers each message with
 * a result or an error's message.
 */
import { memorySource } from "../byteSource/memorySource";
import type { ByteSource } from "../byteSource";
import { openModelCache } from "../cache/openModelCache";

export type CacheOrder = {
  kind: "store" | "check" | "remove";
  ref: string;
  bytes: number;
  /** Pieces come only after the message "go". */
  waits: boolean;
};

export type CacheAnswer =
  { progress: number } | { done: "kept" | "absent" | "removed"; read: number } | { refused: string };

function contentOf(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7919) >> 5;
  return bytes;
}

let go: () => void = () => undefined;
const told = new Promise<void>((resolve) => (go = resolve));

async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function obey({ kind, ref, bytes, waits }: CacheOrder): Promise<CacheAnswer> {
  const cache = await openModelCache();
  if (!cache) return { refused: "no cache in this browser" };
  const content = contentOf(bytes);
  if (kind === "remove") return cache.remove(ref).then(() => ({ done: "removed", read: 0 }));
  if (kind === "check") {
    const source = (await cache.find(ref))?.files.get("weights");
    if (!source) return { done: "absent", read: 0 };
    const kept = await source.read(0, source.size);
    return { done: (await hashOf(kept)) === (await hashOf(content)) ? "kept" : "absent", read: kept.length };
  }
  let read = 0;
  const memory = memorySource("weights", content);
  const slow: ByteSource = {
    ...memory,
    async read(start, end) {
      if (waits && start > 0) await told;
      read += end - start;
      return memory.read(start, end);
    },
  };
  const files = new Map([["weights", slow]]);
  const hashes = new Map([["weights", await hashOf(content)]]);
  const onProgress = ({ done }: { done: number }) => postMessage({ progress: done } satisfies CacheAnswer);
  const result = await cache.store({ ref, revision: "main", files, hashes }, { onProgress });
  return "refused" in result ? { refused: result.refused } : { done: "kept", read };
}

self.onmessage = ({ data }: MessageEvent<CacheOrder | "go">) => {
  if (data === "go") return go();
  obey(data).then(postMessage, (error: unknown) =>
    postMessage({ refused: String(error) } satisfies CacheAnswer),
  );
};
