/**
 * Fewer, larger requests: a read brings what follows it too, because a model's tensors are read one after the other and
 * many are small. One stretch is kept; anything at least as long as a stretch goes straight through.
 */
import { assertNotCancelled, assertRange, type ByteSource } from "../byteSource";

/** @param stretch bytes fetched and kept at a time; 0 gives the source itself */
export function readAheadSource(source: ByteSource, stretch: number): ByteSource {
  if (stretch === 0) return source;
  let kept = { start: 0, bytes: new Uint8Array(0) };
  return {
    name: source.name,
    size: source.size,
    async read(start, end, signal) {
      assertRange(source, start, end);
      assertNotCancelled(signal);
      if (end - start >= stretch) return source.read(start, end, signal);
      const isKept = start >= kept.start && end <= kept.start + kept.bytes.length;
      if (!isKept) {
        const bytes = await source.read(start, Math.min(start + stretch, source.size), signal);
        kept = { start, bytes };
        return bytes.subarray(0, end - start);
      }
      return kept.bytes.subarray(start - kept.start, end - kept.start);
    },
  };
}
