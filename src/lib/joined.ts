/** Arrays one after the other. Not by spreading: a call may not have as many arguments as a long list has numbers. */

export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const joined = (parts: readonly Float32Array[]): Float32Array<ArrayBuffer> =>
  new Float32Array(joinedBytes(parts.map(bytesOf)).buffer);

export const bytesOf = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
